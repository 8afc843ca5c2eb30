"""What a script writes at once comes before its begin is written: it is not lost."""

from datetime import UTC, datetime

import msgspec
import pytest

from forepost.controller.fleet.store import Enrolled
from forepost.controller.jobs.reports import Taken
from forepost.controller.joins.job_talk import MOST_EARLY, JobTalk
from forepost.wire.jobs.delivery import (
    JobEvent,
    JobHost,
    RunOutputPiece,
    RunReport,
    RunReports,
)
from forepost.wire.uplink.messages import FOREPOST
from forepost.wire.uplink.neffos import Frame
from tests.fakes.clock import START

pytestmark = pytest.mark.anyio
UID = "0" * 31 + "1"
AGENT = Enrolled(7, 1, "", deleted=False, version="")


class KnownRuns:
    """A run is known once it is written."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.said: list[str] = []
        self.strays = self.counted = 0

    def met(self, agent_id: int) -> None:
        """Nothing follows from it here."""

    def host_is(self, agent_id: int, host: JobHost) -> str:
        return ""

    async def runs_are(self, agent: Enrolled, reports: list[RunReport]) -> Taken:
        self.known |= {one.uid for one in reports}
        return Taken(kept=())

    async def events_are(self, agent: Enrolled, events: list[JobEvent]) -> None:
        """None come."""

    def wrote(self, agent_id: int, piece: RunOutputPiece) -> None:
        if piece.uid in self.known:
            self.said.append(piece.text)
        else:
            self.strays += 1

    def refused(self) -> None:
        self.counted += 1


def frame(event: str, body: RunReports | RunOutputPiece) -> Frame:
    return Frame(FOREPOST, event, msgspec.json.encode(body).decode())


def piece(number: int) -> Frame:
    return frame("job_output", RunOutputPiece(uid=UID, offset=number, text=str(number)))


async def test_it_waits_for_the_begin_and_keeps_its_order() -> None:
    runs = KnownRuns()

    async def say(_: str) -> None:
        """Nobody hears it."""

    talk = JobTalk(runs).begin(AGENT, say)
    begun = RunReport(uid=UID, name="s", state="started", status="executing script")
    at = datetime.fromtimestamp(START.timestamp(), UTC)
    await talk.heard(piece(0), at)
    assert runs.strays == 1, "of a run that nobody spoke of"
    await talk.heard(frame("job_runs", RunReports(runs=[begun])), at)
    for number in range(1, MOST_EARLY + 3):
        await talk.heard(piece(number), at)
    assert (runs.said, runs.counted) == ([], 2)
    await talk.give()
    await talk.heard(piece(99), at)
    assert runs.said == [*map(str, range(1, MOST_EARLY + 1)), "99"]
    assert runs.strays == 1
