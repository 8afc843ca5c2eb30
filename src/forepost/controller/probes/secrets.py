"""What of a probe's metadata is for those who may change it, and for nobody else. Pure."""

from typing import Any, Final

import msgspec

from forepost.wire.probes import Probe

MASK: Final = "***"
SECRETS: Final = frozenset({"community", "auth_password", "privacy_password", "password", "token"})
HEADERS: Final = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})


def masked(probe: Probe) -> Probe:
    """The same without passwords, communities and headers that log in."""
    return msgspec.structs.replace(probe, metadata=_masked(probe.metadata))


def for_role(role: str, probes: list[Probe]) -> list[Probe]:
    """As somebody with this role may see them."""
    return [masked(probe) for probe in probes] if role == "VIEWER" else probes


def _masked(value: Any, *, headers: bool = False) -> Any:
    if isinstance(value, list):
        return [_masked(one) for one in value]
    if not isinstance(value, dict):
        return value
    hidden = HEADERS if headers else SECRETS
    return {
        key: MASK
        if str(key).lower() in hidden and one
        else _masked(one, headers=str(key).lower() == "headers")
        for key, one in value.items()
    }
