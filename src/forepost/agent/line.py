"""Which lines to a controller an agent may use: its key goes over them. Pure."""

from urllib.parse import urlsplit

from forepost.kit.host_name import is_loopback


def controller_address(url: str) -> str:
    """`http(s)://host[:port]` of what was given. Raises ValueError."""
    wrong = f"{url!r} is not the address of a controller: http(s)://host[:port]"
    try:
        parts = urlsplit(url)
        there = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError as error:
        raise ValueError(f"{wrong} ({error})") from None
    if not there:
        raise ValueError(wrong)
    if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError(f"{wrong}, at the root of a name of its own")
    return f"{parts.scheme}://{parts.netloc}"


def is_plain(url: str) -> bool:
    """Whether anybody on the way can read what goes to this address."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")


def why_not(url: str, *, allow_plain: bool, pin_sha256: str) -> str:
    """Empty: the line may be used."""
    if pin_sha256 and not url.startswith("https:"):
        return f"{url} has no certificate to compare with uplink.pin_sha256: use https://"
    if is_plain(url) and not allow_plain:
        return (
            f"{url} is not encrypted, and this agent's key would go over it: use https://, or set "
            "uplink.allow_plain = true"
        )
    return ""


def why_not_move(now: str, to: str, *, allow_plain: bool, pin_sha256: str) -> str:
    """Why a controller at `now` may not say that it is at `to`. Empty: it may."""
    try:
        if controller_address(to) != to:
            return "is not http(s)://host[:port]"
    except ValueError as error:
        return str(error)
    if reason := why_not(to, allow_plain=allow_plain, pin_sha256=pin_sha256):
        return reason
    if now.startswith("https:") and not to.startswith("https:"):
        return f"{now} is encrypted, and that is not"
    if is_plain(now) and urlsplit(now).hostname != urlsplit(to).hostname:
        return (
            f"{now} is not encrypted, so anybody on the way may have said it: only another port, or"
            " https://, of the same host is taken"
        )
    return ""
