"""A minute's report: the largest, and a rest that is exact."""

from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.flows.flow import Flow, fresh
from forepost.agent.flows.minute import NAMED, Minute
from forepost.agent.flows.sides import Sides
from forepost.wire.flows.meter import FLOW, KEY
from forepost.wire.flows.rollup import FlowMinute, Honesty, Traffic

FIELDS = Traffic.__struct_fields__


def flow(device: int, remote: int) -> Flow:
    local = bytes((10, 0, device >> 8, device & 255)) + bytes(12)
    there = bytes((198, 18, remote >> 8, remote & 255)) + bytes(12)
    key = KEY.pack(local, there, b"\xc0\0", b"\x01\xbb", 6, 4, 0)
    row = FLOW.pack(1, 1, 60, 60, 5, 6, *[0] * 10, 0, 1, 0, 0, b"\2\0\0\0\0\1", b"\2\0\0\0\0\2", 0)
    return fresh("cable", key, row, Sides())


news = st.tuples(*[st.integers(0, 1 << 40)] * 4)
moves = st.lists(st.tuples(st.integers(0, 120), st.integers(0, 1_000), news), max_size=200)


@given(moves)
def test_top_and_rest_are_the_total(
    moved: list[tuple[int, int, tuple[int, int, int, int]]],
) -> None:
    minute = Minute()
    for device, remote, new in moved:
        minute.add(flow(device, remote), "TLS", (), new)
    report = minute.report(60, ["cable"], Honesty())
    assert report.total == Traffic(
        packets_out=sum(new[0] for *_, new in moved),
        packets_in=sum(new[1] for *_, new in moved),
        bytes_out=sum(new[2] for *_, new in moved),
        bytes_in=sum(new[3] for *_, new in moved),
        flows=len(moved),
    )
    for ranking in (report.devices, report.applications, report.remotes, report.talks):
        for name in FIELDS:
            listed = sum(getattr(one, name) for one in ranking.top)
            assert listed + getattr(ranking.rest, name) == getattr(report.total, name)
        sizes = [one.bytes_in + one.bytes_out for one in ranking.top]
        assert sizes == sorted(sizes, reverse=True)
    assert len(report.devices.top) <= NAMED


def of_one(privacy: int) -> FlowMinute:
    minute = Minute(privacy)
    one = flow(1, 7)
    one.server_name = "www.example.com"
    minute.add(one, "TLS", ("printers",), (1, 2, 30, 40))
    return minute.report(120, ["cable"], Honesty())


def test_what_each_level_of_privacy_tells() -> None:
    names = [
        ([d.name for d in r.devices.top], [t.name for t in r.remotes.top], r.total.bytes_in)
        for r in (of_one(level) for level in range(4))
    ]
    assert names == [
        (["10.0.0.1"], ["www.example.com"], 40),
        (["10.0.0.1"], ["198.18.0.0/24"], 40),
        (["10.0.0.0/24"], ["198.18.0.0/24"], 40),
        ([], [], 40),
    ]
    assert of_one(0).groups[0].name == "printers"
    assert of_one(0).devices.top[0].label == "02:00:00:00:00:01"
