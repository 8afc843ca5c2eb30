"""Real connections in namespaces: an address that swallows packets keeps nobody away."""

import contextlib
import errno
import socket
import threading
import time
from collections.abc import Iterator

import anyio
import pytest

from forepost.kit import happy_eyeballs
from forepost.kit.clock import SystemClock
from forepost.kit.happy_eyeballs import (
    ATTEMPT_SEC,
    MOST,
    UNLUCKY_SEC,
    beside,
    connect_first,
    interleaved,
    put_last,
)
from forepost.kit.name_lookup import Goal, NotReached
from tests.fakes.clock import FakeClock
from tests.lab.net import NEAR, Namespace, namespace, pair

CLOCK = SystemClock()


@pytest.fixture(autouse=True)
def nobody_is_unlucky() -> None:
    """Other tests of this process use these addresses too."""
    happy_eyeballs._unlucky._until.clear()


PORT = 8080


def v4(host: str) -> Goal:
    return socket.AF_INET, (host, PORT)


def v6(host: str) -> Goal:
    return socket.AF_INET6, (host, PORT, 0, 0)


def soon(sec: float = 10.0) -> float:
    return CLOCK.monotonic() + sec


@contextlib.contextmanager
def listening(far: Namespace, *hosts: str) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        with far.inside():
            for host in hosts:
                family = socket.AF_INET6 if ":" in host else socket.AF_INET
                stack.enter_context(socket.create_server((host, PORT), family=family))
        yield


@pytest.mark.parametrize(
    ("vanishes", "answers"),
    [
        ("2001:db8::2", v4("198.18.0.2")),
        ("198.18.0.2", v6("2001:db8::2")),
    ],
)
def test_a_black_hole_costs_a_moment(vanishes: str, answers: Goal) -> None:
    hole = v6(vanishes) if ":" in vanishes else v4(vanishes)
    with pair() as (near, far), listening(far, "198.18.0.2", "2001:db8::2"):
        far.run("nft", "add table inet t")
        far.run("nft", "add chain inet t c { type filter hook input priority 0 ; }")
        family = "ip6" if ":" in vanishes else "ip"
        far.run("nft", f"add rule inet t c {family} daddr {vanishes} drop")
        with near.inside():
            began = time.monotonic()
            with connect_first([hole, answers], soon(), CLOCK) as won:
                took = time.monotonic() - began
                assert won.getpeername()[0] == answers[1][0]
                assert won.gettimeout() is None
        assert took >= ATTEMPT_SEC * 0.9


def test_the_first_address_wins_where_it_answers() -> None:
    with (
        pair() as (near, far),
        listening(far, "198.18.0.2", "2001:db8::2"),
        near.inside(),
        connect_first([v6("2001:db8::2"), v4("198.18.0.2")], soon(), CLOCK) as won,
    ):
        assert won.family == socket.AF_INET6


def test_who_is_refused_makes_room_at_once() -> None:
    """Sixteen refusals in less than sixteen turns."""
    with pair() as (near, far), listening(far, "198.18.0.2"), near.inside():
        refusing = [(socket.AF_INET6, ("2001:db8::2", port, 0, 0)) for port in range(1, MOST)]
        began = time.monotonic()
        with connect_first([*refusing, v4("198.18.0.2")], soon(), CLOCK) as won:
            assert won.family == socket.AF_INET
        assert time.monotonic() - began < ATTEMPT_SEC * MOST / 2


def test_the_losers_are_closed() -> None:
    """Whoever connects later than the winner finds nobody."""
    opened: list[socket.socket] = []
    with pair() as (near, far), listening(far, "198.18.0.2"), near.inside():
        far.run("nft", "add table inet t")
        far.run("nft", "add chain inet t c { type filter hook input priority 0 ; }")
        far.run("nft", "add rule inet t c ip6 daddr 2001:db8::2 drop")
        with connect_first(
            [v6("2001:db8::2"), v4("198.18.0.2")], soon(), CLOCK, prepare=opened.append
        ) as won:
            assert [one.fileno() >= 0 for one in opened] == [False, True]
            assert opened[1] is won


def test_nobody_answers_is_said_of_each() -> None:
    with pair() as (near, far), near.inside():
        far.ip("link set cable down")
        with pytest.raises(NotReached) as raised:
            connect_first([v6("2001:db8::2"), v4("198.18.0.2")], soon(1), CLOCK, named="a.example")
    assert str(raised.value) == (
        "[2001:db8::2]:8080: no answer in 1 s; 198.18.0.2:8080: no answer in 1 s"
    )
    assert raised.value.errno == errno.ETIMEDOUT


@pytest.mark.parametrize(
    ("goal", "named", "words"),
    [
        (v4("198.18.0.2"), "198.18.0.2", "through NAT64 only a name leads there, not an IPv4"),
        (v4("198.18.0.2"), "a.example", "the name has no IPv6 address, neither of its own nor"),
        (v6("2001:db8:9::2"), "a.example", "this host has no way to IPv6"),
    ],
)
def test_a_host_of_the_other_family_is_told_so(goal: Goal, named: str, words: str) -> None:
    own = NEAR[1:] if goal[0] == socket.AF_INET else NEAR[:1]
    with (
        pair(near=own, far=()) as (near, _),
        near.inside(),
        pytest.raises(NotReached, match="network is unreachable") as raised,
    ):
        connect_first([goal], soon(2), CLOCK, named=named)
    assert words in str(raised.value)


def test_a_host_without_any_network() -> None:
    with (
        namespace() as alone,
        alone.inside(),
        pytest.raises(NotReached, match="this host has no network"),
    ):
        connect_first([v4("198.18.0.2"), v6("2001:db8::2")], soon(2), CLOCK)


def test_families_take_turns() -> None:
    four = [v4(f"198.18.0.{number}") for number in range(1, 4)]
    six = [v6(f"2001:db8::{number}") for number in range(1, 3)]
    assert interleaved([*six, *four]) == [six[0], four[0], six[1], four[1], four[2]]
    assert interleaved([four[0], four[0], *six]) == [four[0], *six]
    assert len(interleaved([v4(f"198.18.1.{number}") for number in range(100)])) == MOST


@pytest.mark.anyio
async def test_a_connection_that_nobody_waits_for_any_more_is_closed() -> None:
    goes_on, made = threading.Event(), threading.Event()
    one, other = socket.socketpair()

    def connect() -> socket.socket:
        goes_on.wait(10)
        made.set()
        return one

    with other:
        with anyio.move_on_after(0.05):
            await beside(connect)
        goes_on.set()
        other.settimeout(10)
        assert await anyio.to_thread.run_sync(other.recv, 1) == b""
    assert made.is_set()


def test_who_came_to_nothing_is_tried_last() -> None:
    clock, later = FakeClock(), FakeClock(monotonic=1_001 + UNLUCKY_SEC)
    with pair() as (near, far), listening(far, "198.18.0.2", "2001:db8::2"), near.inside():
        goals = [v6("2001:db8::2"), v4("198.18.0.2")]

        def family(clock: FakeClock = clock) -> int:
            with connect_first(goals, clock.monotonic() + 10, clock) as won:
                return won.family

        assert family() == socket.AF_INET6
        put_last("2001:db8::2", clock)
        assert family() == socket.AF_INET
        put_last("198.18.0.2", clock)  # both: as it was before
        assert family() == socket.AF_INET6
        put_last("2001:db8::2", clock)
        assert family(later) == socket.AF_INET6
