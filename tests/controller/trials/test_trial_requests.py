"""What waits for the answers of agents."""

import pytest

from forepost.controller.trials.requests import TrialRequests
from forepost.kit.errors import Conflict, TimedOut, Unavailable
from forepost.wire.probes.probe import Probe
from forepost.wire.probes.trial import TrialEnded, TrialWanted
from tests.fakes.clock import START

pytestmark = pytest.mark.anyio
PROBE = Probe(
    id=1, workspace_id=1, agent_id=7, type="PING", targets=[], created_at=START, updated_at=START
)


class Line:
    """Notes what it is given; answers it, or is gone, at once where a test says so."""

    def __init__(self, requests: TrialRequests, answer: str = "") -> None:
        self._requests, self._answer = requests, answer
        self.asked: list[int] = []

    def ask(self, word: TrialWanted) -> None:
        self.asked.append(word.request)
        if self._answer == "ended":
            self._requests.ended(7, TrialEnded(request=word.request, problem="first"))
            self._requests.ended(7, TrialEnded(request=word.request, problem="second"))
        elif self._answer == "left":
            self._requests.left(7)


async def test_an_agent_that_never_answers_is_not_waited_for_for_ever() -> None:
    requests = TrialRequests(lambda _: True, answer_sec=0.05)
    line = Line(requests)
    requests.connected(7, line)
    with pytest.raises(TimedOut, match="agent 7: has not answered") as late:
        await requests.run(1, 7, PROBE)
    assert late.value.status == 504
    requests.ended(7, TrialEnded(request=line.asked[0]))  # too late: nobody waits


async def test_the_first_answer_counts() -> None:
    requests = TrialRequests(lambda _: True)
    requests.connected(7, Line(requests, "ended"))
    assert (await requests.run(1, 7, PROBE)).problem == "first"


async def test_an_agent_that_left_is_not_asked_and_not_waited_for() -> None:
    requests = TrialRequests(lambda _: True)
    requests.connected(7, Line(requests, "left"))
    with pytest.raises(Unavailable, match="gone meanwhile"):
        await requests.run(1, 7, PROBE)
    with pytest.raises(Conflict):
        await requests.run(1, 7, PROBE)
