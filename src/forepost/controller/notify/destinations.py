"""Where things may be sent, as far as the text of it says, and how it is shown. Pure."""

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

from forepost.controller.outgoing.addresses import why_not_public
from forepost.controller.outgoing.urls import WrongUrl, split, target_of
from forepost.wire.rest.notify import Channel

LOCAL_SCHEMES: Final = frozenset(
    "blink1 dbus file gio glib gnome kde macosx qt syslog windows".split()  # noqa: SIM905
)
"""What Apprise does on this machine instead of on the network."""
_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]*", re.ASCII)
_EMAIL: Final = re.compile(r"[^@\s<>,;:\"\\]+@[^@\s<>,;:\"\\]+")
_LOOKS_LIKE_A_KEY: Final = 20
_MASK: Final = "***"


class Destinations:
    """Says whether a channel can be used; what only a look-up shows is said when it is used."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private

    def acceptable(self, channel: Channel) -> str | None:
        """Why it cannot be used; None where it can. The text is meant for who typed it."""
        try:
            match channel.kind:
                case "webhook":
                    self._check_host(target_of(channel.url).host)
                case "apprise":
                    self._check_host(_apprise(channel.url).hostname or "")
                case "email":
                    if not _EMAIL.fullmatch(channel.url) or len(channel.url) > 254:
                        raise WrongUrl("is not an address of e-mail")
        except WrongUrl as wrong:
            return str(wrong)
        return None

    def _check_host(self, host: str) -> None:
        if self._allow_private:
            return
        if host.rstrip(".").lower() == "localhost" or host.lower().endswith(".localhost"):
            raise WrongUrl("localhost is not allowed (alerts.allow_private_targets)")
        try:
            kind = why_not_public(host)
        except ValueError:  # a name
            return
        if kind:
            raise WrongUrl(f"{host} is not allowed: {kind} (alerts.allow_private_targets)")


def host_of(channel: Channel) -> str:
    """Whose slowness a delivery shares; empty for a URL that is none."""
    if channel.kind == "email":
        return "mail"
    try:
        parts = split(channel.url)
        host = (parts.hostname or "")[:200]
    except ValueError:
        return ""
    return host if channel.kind == "webhook" else f"{parts.scheme}:{host}"[:255]


def masked(kind: str, url: str) -> str:
    """What an admin may see of it: keys may stand in credentials, in the query and in the path.

    An Apprise URL has them anywhere, its host included: only its scheme is shown.
    """
    if kind == "email":
        return url
    scheme, found, _ = url.partition("://")
    if not found or kind == "apprise":
        return f"{scheme}://{_MASK}" if found else _MASK
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return f"{scheme}://{_MASK}"
    user = f"{_MASK}@" if "@" in parts.netloc else ""
    host = f"[{host}]" if ":" in host else host
    path = "/".join(
        _MASK if len(segment) >= _LOOKS_LIKE_A_KEY else segment for segment in parts.path.split("/")
    )
    query = f"?{_MASK}" if parts.query or parts.fragment else ""
    return f"{scheme}://{user}{host}{'' if port is None else f':{port}'}{path}{query}"


def _apprise(url: str) -> SplitResult:
    parts = split(url)
    if not _SCHEME.fullmatch(parts.scheme):
        raise WrongUrl("must be a URL of Apprise, as ntfys://host/topic")
    if parts.scheme in LOCAL_SCHEMES:
        raise WrongUrl(f"{parts.scheme}:// acts on the controller's own machine: not allowed")
    return parts
