"""Who began a flow whose beginning was, and was not, seen."""

import pytest

from forepost.agent.flows.flow import fresh
from forepost.agent.flows.recall import Recall, recalled
from forepost.agent.flows.sides import Sides
from forepost.wire.flows.meter import FLOW, KEY

SYN, RST, PSH, ACK = 2, 4, 8, 16
ZERO = bytes(6)


def key(a_port: int, b_port: int, protocol: int = 6) -> bytes:
    a, b = bytes((10, 0, 0, 1)).ljust(16, b"\0"), bytes((10, 0, 0, 2)).ljust(16, b"\0")
    return KEY.pack(a, b, a_port.to_bytes(2), b_port.to_bytes(2), protocol, 4, 0)


def row(*, first_is_a: bool, flags: int = 0) -> bytes:
    return FLOW.pack(3, 3, 180, 180, 1, 2, *[0] * 10, not first_is_a, *[0] * 3, ZERO, ZERO, flags)


@pytest.mark.parametrize(
    ("ports", "protocol", "first_is_a", "flags", "a_began"),
    [
        ((40_000, 443), 6, True, SYN, True),
        ((443, 40_000), 6, True, SYN, True),  # as odd as it is, it was seen
        ((443, 40_000), 6, True, SYN | ACK, False),
        ((443, 40_000), 6, True, PSH | ACK, False),  # a download that was under way
        ((40_000, 443), 6, False, PSH | ACK, True),
        ((40_000, 5_432), 6, False, ACK, True),
        ((50_000, 40_000), 6, False, ACK, True),  # of two high ports, the lower one's
        ((81, 40_000), 6, True, RST | ACK, False),
        ((40_000, 39_999), 6, True, RST | ACK, False),
        ((443, 50_000), 17, True, 0, False),  # QUIC after a silence
        ((51_820, 50_000), 17, True, 0, False),
        ((123, 123), 17, False, 0, False),
        ((40_000, 39_000), 17, False, 0, False),
        ((0, 0), 1, True, 0, True),
    ],
)
def test_who_began(
    ports: tuple[int, int], protocol: int, first_is_a: bool, flags: int, a_began: bool
) -> None:
    made = fresh("eth0", key(*ports, protocol), row(first_is_a=first_is_a, flags=flags), Sides())
    assert made.a_began == a_began
    assert made.local_is_a == a_began, "both ends are private: the one that began is ours"


def test_a_connection_goes_on_under_a_new_agent() -> None:
    """Its ports say nothing, and the first packet of the new agent is an answer."""
    known, interface, of = Recall(), "eth0", key(30_000, 40_000)
    known.learn(fresh(interface, of, row(first_is_a=True, flags=SYN), Sides()), closed=False)
    after = Recall()
    after.read(recalled(known.document()))
    goes_on = row(first_is_a=False, flags=ACK)
    assert not fresh(interface, of, goes_on, Sides()).a_began
    assert fresh(interface, of, goes_on, Sides(), after.client(interface, of)).a_began


def test_what_a_scan_leaves_is_not_remembered() -> None:
    known = Recall()
    alone = FLOW.pack(1, 0, 60, 0, 1, 2, *[0] * 14, ZERO, ZERO, SYN)
    known.learn(fresh("eth0", key(40_000, 22), alone, Sides()), closed=False)
    known.learn(fresh("eth0", key(40_000, 23), row(first_is_a=True), Sides()), closed=True)
    assert len(known) == 0
