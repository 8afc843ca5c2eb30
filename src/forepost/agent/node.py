"""Who this agent is: its number and key at the controller, kept in one private file."""

from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from forepost.kit import files, regular_file

IDENTITY: Final = "identity.json"
LARGEST: Final = 65_536


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What a controller knows this agent by."""

    url: str
    workspace_id: int
    agent_id: int
    psk: str

    @property
    def headers(self) -> dict[str, str]:
        return {
            "X-Workspace-ID": str(self.workspace_id),
            "X-Agent-ID": str(self.agent_id),
            "X-Agent-PSK": self.psk,
        }


class Node(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    version: str
    state_dir: Path
    started_at: datetime

    def identity(self) -> Identity | None:
        try:
            data = regular_file.read(self.state_dir / IDENTITY, LARGEST)
            return msgspec.json.decode(data, type=Identity)
        except FileNotFoundError:
            return None

    def keep(self, identity: Identity) -> None:
        """Readable by this user only, whole or not at all."""
        files.replace(self.state_dir / IDENTITY, msgspec.json.encode(identity), mode=0o600)

    def retire(self) -> None:
        """The controller has deleted this agent: the key is put aside, nothing is removed."""
        (self.state_dir / IDENTITY).replace(self.state_dir / f"{IDENTITY}.retired")
