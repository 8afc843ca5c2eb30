"""Executes the scripts of runs: each once at a time, with its output as it comes."""

from collections.abc import Callable, Mapping

import anyio
import msgspec
from anyio.abc import TaskGroup

from forepost.agent.edges.proc.script_process import ScriptOrder, ScriptProcesses
from forepost.agent.jobs.output import ScriptOutput
from forepost.agent.jobs.record import ScriptStep
from forepost.agent.jobs.runs import ScriptEnd

Ended = Callable[[str, ScriptStep, ScriptEnd], None]
TIMED_OUT = "it ran longer than its time, and was ended with all that it began"


class RunningScript(msgspec.Struct, frozen=True):
    step: ScriptStep
    output: ScriptOutput
    stop: anyio.Event


class ScriptRuns:
    """`ended`: called when a script, and all that it began, has ended. `news`: on output."""

    def __init__(self, processes: ScriptProcesses, ended: Ended, news: Callable[[], None]) -> None:
        self._processes, self._ended, self._news = processes, ended, news
        self._running: dict[str, RunningScript] = {}

    @property
    def running(self) -> Mapping[str, RunningScript]:
        return self._running

    async def sweep(self) -> None:
        """End what is left of a former agent's scripts; called before any is begun."""
        await self._processes.sweep()

    def begin(self, tasks: TaskGroup, order: ScriptOrder, step: ScriptStep) -> None:
        script = RunningScript(step, ScriptOutput(), anyio.Event())
        self._running[order.uid] = script
        tasks.start_soon(self._run, order, script)

    def stop(self, uid: str) -> None:
        if uid in self._running:
            self._running[uid].stop.set()

    async def _run(self, order: ScriptOrder, script: RunningScript) -> None:
        def written(data: bytes) -> None:
            script.output.add(data)
            self._news()

        try:
            result = await self._processes.run(order, written, script.stop)
        finally:
            del self._running[order.uid]
        end = ScriptEnd(
            exit_code=result.exit_code,
            reason=TIMED_OUT if result.ended_by == "timeout" else result.problem,
            timed_out=result.ended_by == "timeout",
            stopped=result.ended_by == "cancel",
            output=script.output.kept,
        )
        self._ended(order.uid, script.step, end)
