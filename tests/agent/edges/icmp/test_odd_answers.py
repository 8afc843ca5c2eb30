"""Routers that comment on a packet, and hosts that answer from another address: nothing that was
answered in time is lost.
"""

from collections.abc import Iterator

import pytest

from forepost.agent.edges.icmp.engine import Icmp
from forepost.agent.edges.trace.engine import Tracer
from forepost.agent.ports.trace import TracePlan
from forepost.kit.clock import SystemClock
from tests.lab.net import Namespace, pair
from tests.lab.odd_echo import (
    ECHO_REPLY,
    HOST_UNREACHABLE,
    PORT_UNREACHABLE,
    REDIRECT_FOR_HOST,
    SOURCE_QUENCH,
    Said,
    answering,
)

pytestmark = pytest.mark.anyio

TARGET = "198.18.0.2"
OTHER = "198.18.0.77"
GATEWAY = "198.18.0.254"


@pytest.fixture(scope="module")
def cable() -> Iterator[tuple[Namespace, Namespace]]:
    with pair() as (near, far):
        yield near, far


@pytest.fixture(params=["1 0", "0 0"], ids=["raw", "datagram"])
def near(cable: tuple[Namespace, Namespace], request: pytest.FixtureRequest) -> Iterator[Namespace]:
    cable[0].sysctl("net.ipv4.ping_group_range", request.param)
    with cable[0].inside():
        yield cable[0]


@pytest.mark.parametrize(
    "note",
    [REDIRECT_FOR_HOST, SOURCE_QUENCH, HOST_UNREACHABLE],
    ids=lambda one: f"{one[0]}-{one[1]}",
)
async def test_an_answer_after_an_error_counts(
    cable: tuple[Namespace, Namespace], near: Namespace, note: tuple[int, int]
) -> None:
    says = [Said(note, source=GATEWAY), Said(ECHO_REPLY, after_sec=0.2)]
    with answering(cable[1], says), Icmp(SystemClock()) as net:
        got = await net.round(TARGET, count=3, gap_sec=0.02, timeout_sec=2)
    assert [rtt is not None for rtt in got.rtts_ns] == [True, True, True]
    assert min(rtt for rtt in got.rtts_ns if rtt) >= 200_000_000
    assert got.reason == ""


async def test_without_an_answer_the_error_is_the_reason_and_a_note_is_none(
    cable: tuple[Namespace, Namespace], near: Namespace
) -> None:
    for note, reason in (
        (HOST_UNREACHABLE, "destination unreachable: host unreachable"),
        (REDIRECT_FOR_HOST, ""),
    ):
        with answering(cable[1], [Said(note, source=GATEWAY)]), Icmp(SystemClock()) as net:
            got = await net.round(TARGET, count=2, gap_sec=0.02, timeout_sec=0.3)
        assert got.rtts_ns == [None, None]
        assert got.reason == reason


async def test_an_error_that_is_final_ends_the_round_at_once(
    cable: tuple[Namespace, Namespace], near: Namespace
) -> None:
    clock = SystemClock()
    began = clock.monotonic()
    with answering(cable[1], [Said(PORT_UNREACHABLE)]), Icmp(clock) as net:
        got = await net.round(TARGET, count=1, gap_sec=0, timeout_sec=60)
    assert got.rtts_ns == [None]
    assert got.reason == "destination unreachable: port unreachable"
    assert clock.monotonic() - began < 30


async def test_an_answer_from_another_address_counts_and_the_address_is_told(
    cable: tuple[Namespace, Namespace], near: Namespace
) -> None:
    says = [Said(ECHO_REPLY, source=OTHER)]
    with answering(cable[1], says), Icmp(SystemClock()) as net:
        got = await net.round(TARGET, count=3, gap_sec=0.02, timeout_sec=2)
    assert None not in got.rtts_ns
    assert got.others == (OTHER,)


async def test_a_trace_ends_at_a_target_that_answers_from_another_address(
    cable: tuple[Namespace, Namespace], near: Namespace
) -> None:
    with answering(cable[1], [Said(ECHO_REPLY, source=OTHER)]), Tracer(SystemClock()) as tracer:
        got = await tracer.trace(TracePlan(address=TARGET, count=2, timeout_sec=1))
    assert got.reached
    assert [hop.hosts for hop in got.hops] == [[OTHER]]
