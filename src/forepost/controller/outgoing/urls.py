"""What an http(s) URL says of a request. Pure."""

from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

import msgspec

from forepost.kit.idna_name import a_labels

LONGEST: Final = 2_000


class WrongUrl(ValueError):
    """The destination cannot be used; the text says why."""


class UrlTarget(msgspec.Struct, frozen=True):
    """The parts of an http(s) URL that a request is made of."""

    tls: bool
    host: str
    """ASCII: a name (IDNA) or an address without brackets."""
    port: int
    path: str
    user: str = ""
    password: str = ""

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


def target_of(url: str) -> UrlTarget:
    """Raises WrongUrl."""
    parts = split(url)
    if parts.scheme not in ("http", "https"):
        raise WrongUrl("must start with https:// or http://")
    tls = parts.scheme == "https"
    try:
        port = parts.port
        host = a_labels(parts.hostname or "")
    except ValueError:  # UnicodeError is one
        raise WrongUrl("its host or port is not valid") from None
    if not host or "%" in host or port == 0:
        raise WrongUrl("its host or port is not valid")
    query = f"?{parts.query}" if parts.query else ""
    return UrlTarget(
        tls=tls,
        host=host,
        port=port or (443 if tls else 80),
        path=_ascii((parts.path or "/") + query),
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def split(url: str) -> SplitResult:
    """Raises WrongUrl."""
    if len(url) > LONGEST:
        raise WrongUrl(f"is longer than {LONGEST} characters")
    if "://" not in url or any(c.isspace() or not c.isprintable() for c in url):
        raise WrongUrl("is not a URL")
    try:
        return urlsplit(url)
    except ValueError:
        raise WrongUrl("is not a URL") from None


def _ascii(path: str) -> str:
    """Percent-encode what is not ASCII; what is encoded already stays."""
    return "".join(c if c.isascii() else "".join(f"%{b:02X}" for b in c.encode()) for c in path)
