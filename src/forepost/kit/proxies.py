"""Proxies, as settings and the environment name them. Pure.

A name and a password in it are shown to nobody: whoever prints a proxy sees where it is.
"""

import os
import re
from collections.abc import Iterable, Mapping
from ipaddress import ip_address, ip_network
from typing import Final, Literal
from urllib.parse import quote, unquote, urlsplit

import msgspec

from forepost.kit.host_name import is_loopback

Scheme = Literal["http", "socks5", "socks5h"]
PORTS: Final[dict[Scheme, int]] = {"http": 80, "socks5": 1_080, "socks5h": 1_080}
LONGEST: Final = 255
"""Of a name and of a password, in bytes (RFC 1929)."""
NONE: Final = "none"
"""In a setting: no proxy, whatever the environment says."""
_SCHEME: Final = re.compile(r"[A-Za-z0-9+.-]+")
_NAMES: Final = {"https": "https_proxy", "http": "http_proxy"}


class WrongProxy(ValueError):
    """It cannot be used; the text has neither its name nor its password."""


class Proxy(msgspec.Struct, frozen=True):
    scheme: Scheme
    """`socks5h` has the proxy look names up, as `http` does; `socks5` has us do it."""
    host: str
    port: int
    user: str = ""
    password: str = ""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    __repr__ = __str__

    @property
    def url(self) -> str:
        """With everything in it: for whoever asks the proxy."""
        login = f"{quote(self.user, '')}:{quote(self.password, '')}@" if self.user else ""
        return str(self).replace("://", f"://{login}", 1)


def proxy_of(text: str) -> Proxy:
    """Of `[SCHEME://][USER:PASSWORD@]HOST[:PORT]`. Raises WrongProxy."""
    wrong = WrongProxy(
        "is not http://[USER:PASSWORD@]HOST:PORT (or socks5://, socks5h://); a / in a name or"
        " password is written %2F, an @ %40, a : %3A, a # %23, a ? %3F, a % %25"
    )
    scheme, found, rest = text.strip().partition("://")
    if not found:
        scheme, rest = "http", text.strip()
    if not _SCHEME.fullmatch(scheme):
        raise wrong  # without one it is a name and a password that come before
    if scheme not in PORTS:
        raise WrongProxy(
            f"{scheme[:20]}:// is no proxy that can be used: http://, socks5:// or socks5h://"
        )
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise wrong from None
    if not host or port == 0 or any(c.isspace() or not c.isprintable() for c in rest):
        raise wrong
    if parts.path.strip("/") or parts.query or parts.fragment:
        # Of a password with such a sign in it the beginning would be taken for host and port.
        raise WrongProxy("ends with HOST:PORT; /, ? and # in a password are %2F, %3F and %23")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if max(len(user.encode()), len(password.encode())) > LONGEST:
        raise WrongProxy(f"name and password have at most {LONGEST} bytes")
    return Proxy(
        scheme=scheme,
        host=host,
        port=port or PORTS[scheme],
        user=user,
        password=password,
    )


def proxy_from(env: Mapping[str, str], url: str) -> Proxy | None:
    """What the environment has for this URL: `https_proxy`, `http_proxy`, `all_proxy`, unless it is
    in `no_proxy`; in small letters before capitals. Loopback never. Raises WrongProxy, which names
    the variable.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme in ("https", "wss") else 80)
    if is_loopback(host):
        return None
    kind = {"wss": "https", "ws": "http"}.get(parts.scheme, parts.scheme)
    for name in (_NAMES.get(kind, ""), "all_proxy"):
        for spelt in (name, name.upper()):
            if name and env.get(spelt):
                if excepted(host, port, exceptions_in(env)):
                    return None
                try:
                    return proxy_of(env[spelt])
                except WrongProxy as wrong:
                    raise WrongProxy(f"{spelt} of the environment: {wrong}") from None
    return None


def proxy_for(setting: str, url: str, env: Mapping[str, str] = os.environ) -> Proxy | None:
    """`setting`: a proxy, "none", or "" for what the environment says. Raises WrongProxy."""
    if setting == NONE:
        return None
    return proxy_of(setting) if setting else proxy_from(env, url)


def exceptions_in(env: Mapping[str, str]) -> list[str]:
    return re.split(r"[\s,]+", env.get("no_proxy") or env.get("NO_PROXY") or "")


def excepted(host: str, port: int, exceptions: Iterable[str]) -> bool:
    """Whether one of these means it: `*`, a domain and all under it, an address, a network, each
    but the first also with a port.
    """
    return any(_means(one, host.rstrip(".").lower(), port) for one in exceptions if one)


def _means(exception: str, host: str, port: int) -> bool:
    if exception == "*":
        return True
    name, only = _split(exception.lower())
    if only and only != port:
        return False
    try:
        return ip_address(host) in ip_network(name, strict=False)
    except ValueError:
        domain = name.removeprefix("*").strip(".")
        return bool(domain) and (host == domain or host.endswith(f".{domain}"))


def _split(exception: str) -> tuple[str, int]:
    """Name, and port or 0. What is an address or a network has none but after brackets."""
    bare, found, port = exception.rpartition(":")
    if found and port.isdecimal() and (":" not in bare or bare.endswith("]")):
        return bare.strip("[]"), int(port)
    return exception.strip("[]"), 0
