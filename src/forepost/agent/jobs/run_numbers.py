"""The numbers of runs and jobs that began at this site, above those that a controller gives."""

from pathlib import Path
from typing import Final

import msgspec

from forepost.kit.health import Health
from forepost.kit.state_file import StateFile

NUMBERS: Final = "job-numbers.json"
FIRST: Final = 1_000_000_001
MOST_JOBS: Final = 10_000
"""Names that are remembered; the oldest is forgotten beyond."""


class RunNumbersFile(msgspec.Struct):
    run: int = FIRST
    """The next one."""
    job: int = FIRST
    jobs: dict[str, int] = {}
    """By name."""


class RunNumbers:
    def __init__(self, state_dir: Path, highest_run: int, health: Health) -> None:
        """`highest_run`: that is known otherwise, for where the file is lost."""
        self._health = health
        self._file = StateFile(state_dir / NUMBERS, msgspec.json.Decoder(RunNumbersFile).decode)
        self._known = self._file.recall(health) or RunNumbersFile()
        self._known.run = max(self._known.run, highest_run + 1)

    def next_run(self) -> int:
        found = self._known.run
        self._known.run += 1
        self._keep()
        return found

    def of_job(self, name: str) -> int:
        """The number of a job of this site: the same for the same name."""
        if name not in self._known.jobs:
            if len(self._known.jobs) >= MOST_JOBS:
                del self._known.jobs[next(iter(self._known.jobs))]
            self._known.jobs[name] = self._known.job
            self._known.job += 1
            self._keep()
        return self._known.jobs[name]

    def settle(self) -> None:
        """Write what could not be written before."""
        self._file.settle(self._health)

    def _keep(self) -> None:
        self._file.keep(msgspec.json.encode(self._known), self._health)
