"""NetWatcher's virtual SPEEDTEST probes: taken, and nothing follows from them."""

from forepost.agent.probes.measurements import measurements
from forepost.wire.probes.probe import Probe
from tests.fakes.clock import START


def probe(number: int, kind: str) -> Probe:
    return Probe(
        id=number, created_at=START, updated_at=START, workspace_id=1, agent_id=1, type=kind
    )


def test_the_virtual_ones_are_no_fault_and_one_of_ones_own_is_told_of() -> None:
    virtual = [probe(0, "SPEEDTEST"), probe(0, "SPEEDTEST_SERVERS")]
    assert measurements(virtual) == ({}, [])
    wanted, unsupported = measurements([probe(9, "SPEEDTEST")])
    assert (wanted, unsupported) == ({}, ["probe 9: SPEEDTEST is run from its queue only"])
