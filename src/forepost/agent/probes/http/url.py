"""URLs as the URL standard (WHATWG) reads them: what is given, and where it leads. Pure."""

import re
from typing import Final
from urllib.parse import SplitResult, quote, urldefrag, urljoin, urlsplit

import msgspec

from forepost.agent.ports.dialer import Failed
from forepost.agent.probes.hostport import HostPort, host_port
from forepost.kit.idna_name import presented

PORTS: Final = {"http": 80, "https": 443}
_PATH_SAFE: Final = "!#$%&'()*+,/:;=?@[]~|"
_QUERY_SAFE: Final = "!#$%&()*+,/:;=?@[]~|\\^`{}"
"""What stays as it is in a URL; what is quoted already is, by its %."""
_ENDS: Final = "".join(map(chr, range(33)))
"""Controls and the space: nothing of them begins or ends a URL."""
_SPECIAL: Final = re.compile(r"(?P<scheme>https?):(?P<slashes>/*)(?P<rest>.*)", re.IGNORECASE)


class Url(msgspec.Struct, frozen=True):
    text: str
    scheme: str
    at: HostPort
    path: str

    @property
    def host_header(self) -> str:
        shown = HostPort(presented(self.at.host), self.at.port)
        if self.at.port == PORTS[self.scheme]:
            return str(shown).rpartition(":")[0]
        return str(shown)

    @property
    def origin(self) -> tuple[str, HostPort]:
        return self.scheme, self.at


def url_of(text: str) -> Url:
    """Raises Failed."""
    full = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(full)
    except ValueError as error:
        raise Failed("denied", f"{text!r}: {error}") from None
    scheme = parts.scheme.lower()
    if scheme not in PORTS:
        raise Failed("denied", f"{text!r}: the scheme is neither http nor https")
    if "@" in parts.netloc:
        raise Failed("denied", "a password in a URL ends up in results; use username and password")
    return Url(parts.geturl(), scheme, host_port(parts.netloc, PORTS[scheme]), _path(parts))


def next_url(url: Url, location: str) -> Url:
    """Return where a Location leads from `url`. Raises Failed."""
    try:
        to = urljoin(url.text, _as_browsers_read(url, location))
        before, fragment = urldefrag(to)
        if not fragment:
            to = f"{before}#{kept}" if (kept := urldefrag(url.text).fragment) else before
        return url_of(to)
    except ValueError as error:
        raise Failed("wrong", f"{location[:100]!r}: {error}") from None
    except Failed as error:
        raise Failed("wrong", error.reason) from None


def _as_browsers_read(url: Url, location: str) -> str:
    """Return a Location in a form that RFC 3986 reads alike."""
    text = _decoded(location).strip(_ENDS)
    text = re.sub(r"[\t\n\r]", "", text)
    whole, mark, fragment = text.partition("#")
    place, asks, query = whole.partition("?")
    found = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", place)
    if found is None or found.group().lower() in ("http:", "https:"):
        place = place.replace("\\", "/")
    if special := _SPECIAL.fullmatch(place):
        scheme, slashes, rest = special.group("scheme", "slashes", "rest")
        if len(slashes) < 2 and scheme.lower() == url.scheme:
            place = slashes + rest
        else:
            place = f"{scheme}://{rest}"
    elif place.startswith("//"):
        place = f"//{place.lstrip('/')}"
    return place + asks + query + mark + fragment


def _decoded(header: str) -> str:
    """Bytes beyond ASCII are UTF-8, where they can be."""
    try:
        return header.encode("latin-1").decode()
    except UnicodeError:
        return header


def _path(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe=_PATH_SAFE)
    return f"{path}?{quote(parts.query, safe=_QUERY_SAFE)}" if parts.query else path
