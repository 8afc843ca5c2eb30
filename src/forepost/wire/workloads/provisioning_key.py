"""The key of `forepost provision`: who an agent becomes, and the PIN for it, in one text. Pure."""

import re
from typing import Final, NamedTuple

from forepost.wire.base import MOST_ID

_KEY: Final = re.compile(r"([1-9][0-9]{0,9})-([1-9][0-9]{0,9})-([0-9]{6,32})", re.ASCII)


class ProvisioningParts(NamedTuple):
    workspace_id: int
    agent_id: int
    pin: str


def provisioning_key(workspace_id: int, agent_id: int, pin: str) -> str:
    """`W-A-PIN`."""
    return f"{workspace_id}-{agent_id}-{pin}"


def provisioning_parts(key: str) -> ProvisioningParts:
    """Raises ValueError, without a word of the key."""
    found = _KEY.fullmatch(key.strip())
    if found is None or int(found[1]) > MOST_ID or int(found[2]) > MOST_ID:
        raise ValueError("is no provisioning key: WORKSPACE-AGENT-PIN, three numbers")
    return ProvisioningParts(int(found[1]), int(found[2]), found[3])
