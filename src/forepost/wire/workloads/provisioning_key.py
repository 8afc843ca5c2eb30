"""The key by which an agent is provisioned: its numbers and a PIN, in one word. Pure."""

import re
from typing import Final

import msgspec

from forepost.wire.base import MOST_ID

_KEY: Final = re.compile(r"([1-9][0-9]{0,9})-([1-9][0-9]{0,9})-([A-Za-z0-9]{6,64})")


class WrongKey(ValueError):
    """It is no key of a controller of ours; the text does not show it."""


class ProvisioningKey(msgspec.Struct, frozen=True):
    workspace_id: int
    agent_id: int
    pin: str

    def __str__(self) -> str:
        return f"{self.workspace_id}-{self.agent_id}-{self.pin}"


def read_key(text: str) -> ProvisioningKey:
    """Raises WrongKey."""
    found = _KEY.fullmatch(text.strip())
    if found is None:
        raise WrongKey(
            "Invalid Provisioning Key: it is WORKSPACE-AGENT-PIN, as the controller says"
        )
    workspace_id, agent_id = int(found[1]), int(found[2])
    if max(workspace_id, agent_id) > MOST_ID:
        raise WrongKey("Invalid Provisioning Key: no controller has such numbers")
    return ProvisioningKey(workspace_id, agent_id, found[3])
