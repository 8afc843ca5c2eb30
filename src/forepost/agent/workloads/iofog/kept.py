"""What is known of an ioFog Controller over a restart: the account there, and what was wanted."""

from pathlib import Path
from typing import Final

import msgspec

from forepost.agent.workloads.iofog.account import IofogAccount
from forepost.agent.workloads.iofog.bodies import IofogRegistry
from forepost.kit.health import Health
from forepost.kit.state_file import StateFile

ACCOUNT: Final = "iofog.json"
WANTED: Final = "iofog-wanted.json"


class IofogWanted(msgspec.Struct, frozen=True, kw_only=True):
    """As the Controller said it."""

    microservices: list[msgspec.Raw] = []
    registries: list[IofogRegistry] = []


_account = msgspec.json.Decoder(IofogAccount)
_wanted = msgspec.json.Decoder(IofogWanted)


class IofogKept:
    def __init__(self, state_dir: Path, health: Health) -> None:
        self._account = StateFile(state_dir / ACCOUNT, _account.decode, largest=64 << 10)
        self._wanted = StateFile(state_dir / WANTED, _wanted.decode)
        self._health = health
        self.account = self._account.recall(health)
        """None: this agent is of no Controller."""
        found = self._wanted.recall(health)
        self.wanted = found or IofogWanted()
        self.is_known = found is not None or self.account is None
        """Whether `wanted` is what the Controller said last. False: that was lost."""

    @property
    def is_orphaned(self) -> bool:
        """Whether something is wanted by a Controller of which no account is left."""
        return self.account is None and self.wanted != IofogWanted()

    def save_account(self, account: IofogAccount) -> None:
        """Raises OSError."""
        self._account.save(msgspec.json.encode(account))
        self.account = account

    def save_wanted(self, wanted: IofogWanted) -> None:
        """Have it; a full disk is said, and it is written at the next change."""
        self.wanted, self.is_known = wanted, True
        self._wanted.keep(msgspec.json.encode(wanted), self._health)

    def forget(self) -> None:
        """Be nobody there. What was wanted goes first: a crash between must not leave it alone."""
        self.wanted, self.is_known = IofogWanted(), True
        self._wanted.remove(self._health)
        self.account = None
        self._account.remove(self._health)
