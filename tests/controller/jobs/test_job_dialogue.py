"""One agent's reports on their way to the database: bounded, none lost while that is away."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from forepost.controller.fleet.store import Enrolled
from forepost.controller.jobs.reports import Taken
from forepost.controller.joins.job_talk import FLOOD, MOST_PENDING, JobTalk
from forepost.kit.errors import Unavailable
from forepost.wire.jobs import delivery
from forepost.wire.jobs.delivery import OVER, JobEvent, JobHost, RunOutputPiece, RunReport
from forepost.wire.uplink.messages import FOREPOST
from forepost.wire.uplink.neffos import Frame

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 1, 1, tzinfo=UTC)
AGENT = Enrolled(1, 1, "", deleted=False, version="1")


class KeptRuns:
    """Keeps what it is told, unless the database is away."""

    def __init__(self) -> None:
        self.kept: list[RunReport] = []
        self.events: list[JobEvent] = []
        self.is_away = False
        self.refusals = 0

    def met(self, agent_id: int) -> None: ...

    def host_is(self, agent_id: int, host: JobHost) -> str:
        return ""

    async def runs_are(self, agent: Enrolled, reports: list[RunReport]) -> Taken:
        if self.is_away:
            raise OperationalError("", {}, Exception("away"))
        self.kept += reports
        return Taken(kept=[one.uid for one in reports if one.state in OVER])

    async def events_are(self, agent: Enrolled, events: list[JobEvent]) -> None:
        if self.is_away:
            raise OperationalError("", {}, Exception("away"))
        self.events += events

    def wrote(self, agent_id: int, piece: RunOutputPiece) -> None: ...

    def refused(self) -> None:
        self.refusals += 1


class Line:
    """A dialogue, and what it says."""

    def __init__(self) -> None:
        self.runs, self.said = KeptRuns(), list[str]()
        self.dialogue = JobTalk(self.runs).begin(AGENT, self._say)

    async def _say(self, text: str) -> None:
        self.said.append(text)

    async def hears(self, *runs: dict[str, Any]) -> None:
        body = json.dumps({"runs": runs})
        await self.dialogue.heard(Frame(FOREPOST, delivery.RUNS, body), NOW)


def report(number: int, state: str = "started") -> dict[str, Any]:
    return {"uid": f"{number:032x}", "name": "s", "state": state, "status": "executing script"}


async def test_while_the_database_is_away_reports_wait_and_an_end_stays_one() -> None:
    line = Line()
    line.runs.is_away = True
    await line.hears(report(1), report(2, "finished"))
    with pytest.raises(Unavailable):
        await line.dialogue.give()
    await line.hears(report(1, "error"), report(2))
    assert line.said == []
    line.runs.is_away = False
    await line.dialogue.give()
    assert [(one.uid[-1], one.state) for one in line.runs.kept] == [
        ("1", "error"),
        ("2", "finished"),
    ]
    [said] = line.said
    assert f'"{1:032x}"' in said
    assert f'"{2:032x}"' in said
    await line.dialogue.give()
    assert len(line.runs.kept) == 2


async def test_what_is_too_much_is_refused_and_counted() -> None:
    line = Line()
    for start in range(0, MOST_PENDING, 100):
        await line.hears(*(report(start + n, "finished") for n in range(100)))
    assert line.runs.refusals == 0
    await line.hears(report(MOST_PENDING))
    assert line.runs.refusals == 1
    [said] = line.said
    assert said.endswith(FLOOD)
    await line.dialogue.give()
    assert len(line.runs.kept) == MOST_PENDING
    kept = [text for text in line.said if ";job_runs_kept;" in text]
    assert len(kept) == MOST_PENDING // 100
    await line.hears(report(MOST_PENDING, "finished"))
    await line.dialogue.give()
    assert len(line.runs.kept) == MOST_PENDING + 1
