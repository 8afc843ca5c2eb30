from datetime import timedelta

from forepost.controller.fleet.running_lists import RunningLists
from tests.fakes.clock import FakeClock


def test_a_reason_belongs_to_the_probe_that_it_names() -> None:
    clock = FakeClock()
    lists = RunningLists(clock)
    assert lists.by(1) is None
    lists.says(1, "r", ["probe 7: type GOPHER", "probe 77: DNS: no server", "probe 7: no target"])
    said = lists.by(1)
    assert said is not None
    assert said.reason_of(7) == "type GOPHER; no target"
    assert said.reason_of(77) == "DNS: no server"
    assert not said.reason_of(8)
    assert clock.now() - said.said_at < timedelta(seconds=1)
    lists.forget(1)
    assert lists.by(1) is None
