"""Who this agent is: its number and key at the controller, kept in one private file."""

import contextlib
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from forepost.agent.way import Way
from forepost.kit import files
from forepost.kit.state_file import Damaged, StateFile

IDENTITY: Final = "identity.json"
RETIRED: Final = f"{IDENTITY}.retired"
LARGEST_IDENTITY: Final = 16 << 10


class LostIdentity(Exception):
    """There is a key and it cannot be read; the text says what to do."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """What a controller knows this agent by."""

    url: str
    workspace_id: int
    agent_id: int
    psk: str
    pin_sha256: str = ""
    """Of the controller's key; empty: the system's certificate authorities say who it is."""
    home: str = ""
    """The address in the settings, where the controller named another one since; else empty."""

    @property
    def uuid(self) -> str:
        """What ioFog's API calls this agent."""
        return f"{self.workspace_id}-{self.agent_id}"

    @property
    def named(self) -> str:
        return f"agent {self.agent_id} of workspace {self.workspace_id} at {self.url}"

    @property
    def headers(self) -> dict[str, str]:
        return {
            "X-Workspace-ID": str(self.workspace_id),
            "X-Agent-ID": str(self.agent_id),
            "X-Agent-PSK": self.psk,
        }


identity_decoder = msgspec.json.Decoder(Identity)


class Node(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    version: str
    state_dir: Path
    started_at: datetime
    way: Way = Way()
    """To its controller."""

    @property
    def _file(self) -> StateFile[Identity]:
        return StateFile(
            self.state_dir / IDENTITY, identity_decoder.decode, largest=LARGEST_IDENTITY
        )

    def identity(self) -> Identity | None:
        """None also where it cannot be read; `proven_identity` says why."""
        try:
            return self._file.load()
        except (Damaged, OSError):
            return None

    def proven_identity(self) -> Identity | None:
        """None where there is none yet. Raises LostIdentity."""
        try:
            found = self._file.load()
        except (Damaged, OSError) as error:
            raise LostIdentity(
                f"{error}: this agent cannot say who it is, and enrols nowhere by itself; bring the"
                " file back from a copy, or have the controller make a new PIN (`issue-pin`) and"
                " run `forepost join` again"
            ) from None
        if found is not None:
            with contextlib.suppress(OSError):  # another start may have room
                self._file.seal()
        return found

    def retired(self) -> Identity | None:
        """Who this host was until its controller ended that; None also where that is not known."""
        file = StateFile(
            self.state_dir / RETIRED, identity_decoder.decode, largest=LARGEST_IDENTITY
        )
        try:
            return file.load()
        except (Damaged, OSError):
            return None

    def keep(self, identity: Identity) -> None:
        """Readable by this user only, whole or not at all. Raises OSError."""
        self._file.save(msgspec.json.encode(identity))

    def try_to_keep(self) -> None:
        """See that a key will have a place: a PIN is used up by one success. Raises OSError."""
        files.try_place(self.state_dir / IDENTITY, LARGEST_IDENTITY)

    def copy_aside(self) -> None:
        """Another identity will take the place of this one. Raises OSError."""
        kept = files.read(self.state_dir / IDENTITY, LARGEST_IDENTITY)
        files.replace(self.state_dir / f"{IDENTITY}.before", kept)

    def retire(self) -> None:
        """The controller has deleted this agent: the key is put aside, nothing is removed."""
        (self.state_dir / IDENTITY).replace(self.state_dir / RETIRED)
