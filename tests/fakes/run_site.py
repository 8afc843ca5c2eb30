"""An agent's runs without clock and processes: what is decided is done, and may be cut off."""

import logging
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from forepost.agent.jobs.course import (
    MOST_SCRIPTS,
    BeginRun,
    EndRun,
    RunSituation,
    StopScript,
    decisions,
)
from forepost.agent.jobs.journal import RunJournal
from forepost.agent.jobs.record import SCRIPT_STEPS, RunRecord, Step
from forepost.agent.jobs.run_numbers import RunNumbers
from forepost.agent.jobs.runs import Runs, ScriptEnd, highest_run
from forepost.kit.health import Health
from forepost.wire.jobs.delivery import RunState, WantedRun
from forepost.wire.jobs.job import Job, JobScript
from forepost.wire.jobs.transfer import TransferStatus

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SCRIPT = JobScript(command="true")
AGAIN = JobScript(command="true", again=True)


def uid(number: int) -> str:
    return f"{number:032x}"


def script(name: str = "s", again: bool = False) -> Job:
    return Job(name=name, type="script", script=AGAIN if again else SCRIPT)


class FullDisk(RunJournal):
    """A journal whose disk may be full."""

    full = False

    def put(self, record: RunRecord) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        super().put(record)


class RunSite:
    """An agent without clock and processes: what is decided is done, and may be cut off."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = NOW
        self.paused = False
        self.begun: Counter[str] = Counter()
        self.told: dict[str, set[RunState]] = {}
        self.transfers: dict[str, TransferStatus] = {}
        self.full = False
        self.start()

    def start(self) -> None:
        self.processes: dict[str, Step] = {}
        self.journal = FullDisk(self.folder, self.now.timestamp())
        self.journal.full = self.full
        loaded = self.journal.load()
        health = Health(logging.getLogger("test"))
        numbers = RunNumbers(self.folder, highest_run(loaded), health)
        self.runs = Runs(self.journal, numbers, loaded, health)
        self.runs.recover(self.now)

    def tick(self) -> None:
        self.now += timedelta(seconds=1)
        self.journal.full = self.full
        self.runs.settle()
        situation = RunSituation(
            now=self.now,
            paused=self.paused,
            running=frozenset(self.processes),
            transfers=self.transfers,
        )
        for one in decisions(self.runs.all, situation):
            match one:
                case BeginRun(run, step):
                    if self.runs.begin(run, step, "", self.now) and step in SCRIPT_STEPS:
                        assert run not in self.processes
                        self.processes[run] = step
                        self.begun[run] += 1
                case StopScript(run):
                    self.end(run, ScriptEnd(exit_code=-9, stopped=True))
                case EndRun(run, state, reason):
                    self.runs.end(run, state, reason, self.now)
        assert len(self.processes) <= MOST_SCRIPTS
        lanes = [self.runs.get(run).lane for run in self.processes]  # type: ignore[union-attr]
        assert len(set(lanes)) == len(lanes)
        self.tell()

    def end(self, run: str, end: ScriptEnd) -> None:
        step = self.processes.pop(run)
        assert step in SCRIPT_STEPS
        self.runs.script_ended(run, step, end, self.now)  # type: ignore[arg-type]

    def tell(self) -> None:
        for one in self.runs.told:
            if one.is_over:
                self.told.setdefault(one.uid, set()).add(one.state)

    def state(self, number: int) -> RunState | None:
        found = self.runs.get(uid(number))
        return found.state if found else None


@contextmanager
def site() -> Iterator[RunSite]:
    with tempfile.TemporaryDirectory() as folder:
        yield RunSite(Path(folder))


def wanted(number: int, job: Job | None = None, **fields: object) -> WantedRun:
    return WantedRun(
        uid=uid(number), run_id=number, job_id=number, job=job or script(f"s{number}"),
        **fields,  # type: ignore[arg-type]
    )  # fmt: skip
