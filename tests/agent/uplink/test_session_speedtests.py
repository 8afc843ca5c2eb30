"""Speed tests in the conversation with a controller, NetWatcher's and ours."""

import json

from forepost.agent.uplink.session import Session
from forepost.agent.uplink.steps import Ready, SpeedtestKept, SpeedtestsAre
from forepost.controller.fleet import session as controller_side
from forepost.controller.fleet import steps as controller_steps
from forepost.wire.speedtests.queue import AskedSpeedtest, SpeedtestProgress, SpeedtestResult

NETWATCHERS_ITEM = {
    "id": 5,
    "created_at": "2026-11-21T09:14:27.885153476Z",
    "updated_at": "2026-11-21T09:14:27Z",
    "workspace_id": 1,
    "agent_id": 10,
    "server_id": "1234",
    "server_name": "Somewhere",
    "status": "pending",
    "requested_by": 3,
    "requested_at": "2026-11-21T09:14:27Z",
    "expires_at": "2026-11-21T09:29:27Z",
}


def accepted() -> Session:
    own = Session("0.1.0", token=1, lost=0, speedtest_port=5260)
    list(own.received("A1"))
    return own


def test_the_queue_of_netwatchers_controller() -> None:
    own = accepted()
    assert own.speedtest_queue_get() == ";agent;;speedtest_queue_get;0;0;{}"
    (step,) = own.received(f";agent;;speedtest_queue;0;0;{json.dumps([NETWATCHERS_ITEM])}")
    assert isinstance(step, SpeedtestsAre)
    (test,) = step.tests
    assert isinstance(test, AskedSpeedtest)
    assert (test.id, test.server_id, test.responder) == (5, "1234", None)
    odd = json.dumps([{"id": "x"}, NETWATCHERS_ITEM])
    (step,) = own.received(f";agent;;speedtest_queue;0;0;{odd}")
    assert isinstance(step, SpeedtestsAre)
    assert ([one.id for one in step.tests], len(step.wrong)) == ([5], 1)
    assert list(own.received(";agent;;speedtest_queue;0;0;[]")) == []
    assert list(own.received(";agent;;speedtest_queue;0;0;null")) == []
    failed = SpeedtestResult(queue_id=5, success=False, error="no route")
    said = own.speedtest_result(failed)
    assert said.startswith(";agent;;speedtest_result;0;0;")
    assert json.loads(said.split(";", 6)[6])["error"] == "no route"
    ok = ';agent;;speedtest_result_ok;0;0;{"ok":true}'
    assert list(own.received(ok)) == [SpeedtestKept(5)]
    assert list(own.received(ok)) == []
    own.speedtest_result(failed)
    refused = ";agent;;speedtest_result;1;0;unknown queue id"
    assert list(own.received(refused)) == [SpeedtestKept(5, "unknown queue id")]


def test_our_controller_wants_progress_and_knows_where_tests_are_answered() -> None:
    own, other = accepted(), controller_side.Session("A1", "0.2.0")
    list(other.received("M"))
    list(other.received("$2;forepost;;_OnNamespaceConnect;0;0;"))
    (hello,) = own.received("$2;;;;;;")
    steps = list(other.received(hello.text))  # type: ignore[union-attr]
    assert controller_steps.AnswersSpeedtests(5260) in steps
    (words,) = [step.text for step in steps if isinstance(step, controller_steps.Say)]
    assert list(own.received(words)) == [
        Ready(batched=True, shows_tests=True, tells_time=True, gives_groups=True, shows_spool=True)
    ]
    progress = SpeedtestProgress(queue_id=5, phase="upload", part=0.25, bytes_per_sec=1e6)
    assert list(other.received(own.speedtest_progress(progress))) == [
        controller_steps.SpeedtestMoves(progress)
    ]
    (refused,) = other.received(';forepost;;speedtest_progress;0;0;{"queue_id":5,"part":2}')
    assert isinstance(refused, controller_steps.Say)
    own = accepted()
    older = ';forepost;;hello;0;0;{"version":"0.1.0","capabilities":["report"]}'
    assert list(own.received(older)) == [Ready(batched=True)]
