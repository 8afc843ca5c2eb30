"""The cookies of one visit (RFC 6265): what a server sets on the way is sent back to it. Pure."""

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import msgspec

from forepost.agent.probes.hostport import HostPort
from forepost.agent.probes.http.url import Url

MOST_COOKIES: Final = 50
MOST_BYTES: Final = 4_096
"""Of one cookie; what is longer is left out, as browsers do."""


class _Cookie(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    value: str
    host: str
    for_subdomains: bool
    path: str
    only_secure: bool

    def goes_to(self, url: Url) -> bool:
        host = url.at.host.lower()
        if host != self.host and not (self.for_subdomains and host.endswith(f".{self.host}")):
            return False
        if self.only_secure and url.scheme != "https":
            return False
        path = url.path.partition("?")[0]
        return path == self.path or path.startswith(self.path.rstrip("/") + "/")


class Cookies:
    def __init__(self) -> None:
        self._kept: dict[tuple[str, str, str], _Cookie] = {}

    def keep(self, url: Url, set_cookies: list[str], now: datetime) -> None:
        """Take what a response of `url` sets; what is malformed or for others is left out."""
        for text in set_cookies:
            if len(text) > MOST_BYTES or (cookie := _cookie(url, text)) is None:
                continue
            key = cookie.name, cookie.host, cookie.path
            if _is_over(text, now):
                self._kept.pop(key, None)
            elif key in self._kept or len(self._kept) < MOST_COOKIES:
                self._kept[key] = cookie

    def header(self, url: Url) -> str:
        """Return what goes to `url`, the most special path first, or ""."""
        sent = [one for one in self._kept.values() if one.goes_to(url)]
        sent.sort(key=lambda one: len(one.path), reverse=True)
        return "; ".join(f"{one.name}={one.value}" if one.name else one.value for one in sent)


def _cookie(url: Url, text: str) -> _Cookie | None:
    pair, _, _ = text.partition(";")
    name, found, value = pair.partition("=")
    if not found:
        name, value = "", pair
    host, attributes = url.at.host.lower(), _attributes(text)
    domain = attributes.get("domain", "").lstrip(".").lower()
    if domain and domain != host and not _covers(domain, url.at):
        return None
    path = attributes.get("path", "")
    if not path.startswith("/"):
        path = urlsplit(url.path).path.rpartition("/")[0] or "/"
    return _Cookie(
        name=name.strip(),
        value=value.strip(),
        host=domain or host,
        for_subdomains=bool(domain),
        path=path,
        only_secure="secure" in attributes,
    )


def _covers(domain: str, at: HostPort) -> bool:
    is_address = ":" in at.host or at.host.rpartition(".")[2].isdecimal()
    return "." in domain and not is_address and at.host.lower().endswith(f".{domain}")


def _attributes(text: str) -> dict[str, str]:
    pairs = (one.partition("=") for one in text.split(";")[1:])
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _is_over(text: str, now: datetime) -> bool:
    attributes = _attributes(text)
    age = attributes.get("max-age", "")
    if age.lstrip("-").isdecimal():
        return age.startswith("-") or int(age[:9]) == 0
    try:
        return parsedate_to_datetime(attributes["expires"]).timestamp() <= now.timestamp()
    except (KeyError, ValueError, OverflowError):
        return False
