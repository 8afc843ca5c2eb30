"""The runs of this agent as the Agent API shows them: made once for each change."""

from forepost.agent.jobs.keeper import JobKeeper
from forepost.agent.jobs.overview import is_listed, job_run
from forepost.wire.jobs.agent_api import JobRun


class RunSnapshot:
    """`ShownRuns` of the Agent API: however often somebody asks, it is made once a change."""

    def __init__(self, keeper: JobKeeper) -> None:
        self._keeper = keeper
        self._version = -1
        self._runs: list[JobRun] = []

    def all(self) -> list[JobRun]:
        if self._version != self._keeper.version:
            self._version = self._keeper.version
            self._runs = [
                job_run(one, self._keeper.path(one), self._keeper.facts(one))
                for one in sorted(self._keeper.runs.all, key=lambda one: (one.run_id, one.uid))
                if is_listed(one)
            ]
        return self._runs

    def one(self, run_id: int) -> JobRun | None:
        found = [one for one in self.all() if one.run_id == run_id]
        return found[-1] if found else None
