"""What an engine answers, in our words: its versions, and what its refusals are about. Pure."""

import re
from typing import Final

from forepost.agent.ports.containers import RefusalKind

NEWEST_KNOWN: Final = (1, 47)
"""The newest version of the API that this was written for; an engine may speak newer ones too."""
OLDEST_KNOWN: Final = (1, 41)

_ABOUT: Final[tuple[tuple[RefusalKind, tuple[str, ...]], ...]] = (
    ("space", ("no space left on device", "disk quota exceeded")),
    (
        "architecture",
        ("no matching manifest for", "exec format error", "does not match the specified platform"),
    ),
    (
        "conflict",
        (
            "port is already allocated",
            "address already in use",
            "is already in use by container",
            "ports are not available",
        ),
    ),
    ("no_image", ("manifest unknown", "no such image", "manifest for ")),
    (
        "registry",
        (
            "authentication required",
            "unauthorized",
            "no basic auth credentials",
            "access denied",
            "access forbidden",
            "denied:",
            "dial tcp",
            "no such host",
            "connection refused",
            "i/o timeout",
            "tls handshake",
            "timeout exceeded",
            "request canceled",
            "context deadline exceeded",
            "server gave http response to https client",
            "x509:",
            "toomanyrequests",
            "unexpected eof",
            ": eof",
            "received unexpected http status",
        ),
    ),
)


_ENDPOINT: Final = re.compile(
    r"driver failed programming external connectivity on endpoint \S+( \([0-9a-f]+\))?: "
)
"""With the id of a network's endpoint, another one each time."""


def reason(text: str) -> str:
    """An error of the engine, the same whenever it is the same."""
    return _ENDPOINT.sub("", text)


class UnknownVersions(ValueError):
    """The engine speaks no version of the API that is known here."""


def api_version(newest: str, oldest: str) -> str:
    """Choose a version of the API, of the engine's `oldest` to `newest`."""
    most = min(_numbers(newest), NEWEST_KNOWN)
    least = _numbers(oldest) if oldest else most
    if most < OLDEST_KNOWN or least > NEWEST_KNOWN:
        raise UnknownVersions(f"the engine speaks API {oldest or '?'} to {newest}")
    return f"v{most[0]}.{most[1]}"


def refusal_kind(status: int, text: str) -> RefusalKind:
    """What a refusal with this HTTP status (0: in a stream) and text is about."""
    low = text.lower()
    for kind, words in _ABOUT:
        if any(word in low for word in words):
            return kind
    if "no such container" in low:
        return "gone"
    return "conflict" if status == 409 else "other"


def is_too_old(text: str) -> bool:
    """Whether the engine, since it was asked for its versions, has become a newer one."""
    return "client version" in text and "too old" in text


def _numbers(version: str) -> tuple[int, int]:
    major, _, minor = version.partition(".")
    try:
        return int(major), int(minor)
    except ValueError:
        raise UnknownVersions(f"the engine speaks API {version!r}") from None


RUNS: Final = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv7l": "arm",
    "armv6l": "arm",
    "i686": "386",
}
_ALSO: Final = {"amd64": {"386"}, "arm64": {"arm"}}


def runs_here(image: str, host: str) -> bool:
    """Whether a host of this architecture runs images of that one; not known: it does."""
    host = RUNS.get(host, host)
    return not image or not host or image == host or image in _ALSO.get(host, set())
