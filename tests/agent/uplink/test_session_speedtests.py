"""Speed tests in the conversation with a controller, NetWatcher's and ours."""

import json

from forepost.agent.uplink.session import Session
from forepost.agent.uplink.steps import Ready, SpeedtestKept, SpeedtestsAre
from forepost.wire.speedtests.queue import AskedSpeedtest, SpeedtestResult

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


def test_our_controller_wants_progress_and_one_of_before_does_not() -> None:
    own = accepted()
    list(own.received("$2;;;;;;"))
    ours = ';forepost;;hello;0;0;{"version":"0.2.0","capabilities":["report","speedtest"]}'
    assert list(own.received(ours)) == [Ready(batched=True, shows_tests=True)]
    own = accepted()
    older = ';forepost;;hello;0;0;{"version":"0.1.0","capabilities":["report"]}'
    assert list(own.received(older)) == [Ready(batched=True)]
