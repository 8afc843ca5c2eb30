"""Keeps the runs of this agent going: looks, decides, does."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, tzinfo
from typing import Final

import anyio
import msgspec
from anyio.abc import TaskGroup

from forepost.agent.edges.proc.script_process import ScriptProcesses
from forepost.agent.jobs.course import BeginRun, EndRun, RunSituation, StopScript, decisions
from forepost.agent.jobs.macros import WrongPath
from forepost.agent.jobs.overview import RunFacts
from forepost.agent.jobs.pause import AgentPause
from forepost.agent.jobs.record import RunRecord, ScriptStep
from forepost.agent.jobs.runs import Runs, ScriptEnd
from forepost.agent.jobs.scheduler import JobScheduler
from forepost.agent.jobs.script_runs import ScriptRuns
from forepost.agent.jobs.site_rules import JobRules
from forepost.agent.jobs.source_tasks import by_run
from forepost.agent.jobs.transfer_tasks import transfer_tasks
from forepost.agent.ports.transfer import TransferEngine
from forepost.wire.jobs.delivery import RunOutput
from forepost.wire.jobs.job import JobPeer
from forepost.wire.jobs.transfer import RelayAccess, TransferStatus

LOOK_SEC: Final = 1.0
"""Between two looks where nothing happens: schedules and timers are as exact as this."""
PASSES: Final = 3
"""In one look: what replaces a run begins in the look that ends it, so that the engine keeps what
it knows of the folder."""
CALM_SEC: Final = 0.1
"""Between two looks, however much happens."""


class JobKeeper:
    """`now`: the time by the controller's clock, where it is known."""

    def __init__(
        self,
        runs: Runs,
        processes: ScriptProcesses,
        scheduler: JobScheduler,
        engine: TransferEngine,
        rules: JobRules,
        pause: AgentPause,
        now: Callable[[], datetime],
        zone: Callable[[], tzinfo],
        rest: Callable[[bool], None] = lambda _: None,
        me: str = "",
        relay: Callable[[], RelayAccess | None] = lambda: None,
    ) -> None:
        """`rest`: told at each look whether the agent is paused. `me`: the device id. `relay`: how
        the controller's is asked.
        """
        self._relay = relay
        self._me, self._tasks = me, list[str]()
        self.runs, self.pause = runs, pause
        self._scheduler, self._engine, self._rules = scheduler, engine, rules
        self._now, self._zone, self._rest = now, zone, rest
        self._scripts = ScriptRuns(processes, self._script_ended, self._tell)
        self._due, self._news = anyio.Event(), anyio.Event()
        self._figures: Mapping[str, TransferStatus] = {}
        """By task key, what the engine said last."""
        self._permitted: set[str] = set()
        """Runs that had begun, and that the site has nothing against."""
        self.version = 0
        """Grows whenever something may be told otherwise."""

    def look(self) -> None:
        """Have it look soon: something else is wanted."""
        self.version += 1
        self._due.set()

    async def changed(self) -> None:
        """Wait until something is told otherwise."""
        await self._news.wait()

    async def run(self) -> None:
        """For ever; scripts end with it."""
        await self._scripts.sweep()
        self.runs.recover(self._now())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._follow_engine)
            while True:
                self._due = anyio.Event()
                self._look(tasks)
                self._tell()
                await anyio.sleep(CALM_SEC)
                with anyio.move_on_after(LOOK_SEC):
                    await self._due.wait()

    def facts(self, record: RunRecord) -> RunFacts:
        return RunFacts(
            paused=self.pause.is_paused,
            executes=record.uid in self._scripts.running,
            told=self._figures.get(record.task_key),
        )

    def path(self, record: RunRecord) -> str:
        """As far as it can be said."""
        try:
            return self._rules.path(record)
        except WrongPath:
            return record.job.path

    def output(self, record: RunRecord) -> RunOutput:
        """What its script has written so far."""
        running = self._scripts.running.get(record.uid)
        return running.output.kept if running is not None else record.output

    def piece(self, uid: str, offset: int, most: int) -> tuple[int, str, int] | None:
        """A piece of what a running script wrote (`ScriptOutput.since`); None: it does not run."""
        running = self._scripts.running.get(uid)
        return running.output.since(offset, most) if running is not None else None

    @property
    def executed(self) -> Sequence[str]:
        """The uids of the runs whose script runs now."""
        return list(self._scripts.running)

    def _look(self, tasks: TaskGroup) -> None:
        now = self._now()
        self.runs.settle()
        self._rest(self.pause.is_paused)
        self._scheduler.look(now, self._zone)
        self._figures = by_run(self._engine.report().tasks, self._tasks)
        for _ in range(PASSES):
            if not self._decide(tasks, now):
                break
        self._confirmed()
        tasks_now = transfer_tasks(
            self.runs.all,
            self.path,
            self._peer_path,
            self._me,
            now,
            paused=self.pause.is_paused,
        )
        self._tasks = [task.key for task in tasks_now]
        self._engine.want(tasks_now, self._relay())

    def _decide(self, tasks: TaskGroup, now: datetime) -> bool:
        """Do what is to be done now; return whether there was anything."""
        situation = RunSituation(
            now=now,
            paused=self.pause.is_paused,
            running=frozenset(self._scripts.running),
            transfers=self._figures,
            refusal=self._refusal,
        )
        found = decisions(self.runs.all, situation)
        for one in found:
            match one:
                case BeginRun():
                    self._begin(tasks, one, now)
                case StopScript():
                    self._scripts.stop(one.uid)
                case EndRun():
                    record = self.runs.get(one.uid)
                    figures = self._figures.get(record.task_key) if record is not None else None
                    self.runs.end(one.uid, one.state, one.reason, now, figures)
        return bool(found)

    def _refusal(self, record: RunRecord) -> str:
        """Of what has begun, once: settings are what they were at the start of this agent. Sources
        of a consolidation come and go.
        """
        if refused := self._rules.sources_refusal(record):
            return refused
        if record.state != "started":
            return self._rules.refusal(record)
        if record.uid not in self._permitted:
            if refused := self._rules.refusal(record):
                return refused
            self._permitted.add(record.uid)
        return ""

    def _confirmed(self) -> None:
        """What was confirmed counts for what was held then, and for nothing later."""
        for one in self.runs.all:
            figures = self._figures.get(one.task_key)
            if one.held_ok and figures is not None and not figures.held:
                with suppress(OSError):  # tried again with the next look
                    self.runs.change(msgspec.structs.replace(one, held_ok=False))

    def _begin(self, tasks: TaskGroup, begun: BeginRun, now: datetime) -> None:
        before = self.runs.get(begun.uid)
        if before is None:
            return
        path = self.path(before)
        match begun.step:
            case "script" | "pre_indexing" | "post_download" | "complete" as step:
                began = msgspec.structs.replace(before, started_at=before.started_at or now)
                try:
                    order = self._rules.order(began, step)
                    self._scripts.prepare(order)
                except WrongPath as error:
                    self.runs.end(begun.uid, "error", str(error), now)
                except OSError as error:
                    self.runs.put_off(error)
                else:
                    if self.runs.begin(begun.uid, step, path, now):
                        self._scripts.begin(tasks, order, step)
            case step:
                if self.runs.begin(begun.uid, step, path, now):
                    self.look()

    def _script_ended(self, uid: str, step: ScriptStep, end: ScriptEnd) -> None:
        self.runs.script_ended(uid, step, end, self._now())
        self.look()

    def _peer_path(self, record: RunRecord, peer: JobPeer) -> str:
        """Nowhere, where the site would not have it: the run is about to end by that."""
        if self._rules.sources_refusal(record):
            return ""
        return self._rules.peer_path(record, peer)

    async def _follow_engine(self) -> None:
        while True:
            await self._engine.changed()
            self.look()
            await anyio.sleep(CALM_SEC)

    def _tell(self) -> None:
        self.version += 1
        self._news.set()
        self._news = anyio.Event()
