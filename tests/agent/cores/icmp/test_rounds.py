"""The engine's logic, without sockets: bytes and times in, packets out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.cores.icmp.packet import DATAGRAM_IPV4, RAW_IPV4, quoted
from forepost.agent.cores.icmp.rounds import LINGER_NS, EchoFlight, Line, Rounds, Turn
from forepost.agent.cores.stamps.departures import Moment
from forepost.agent.cores.stamps.messages import Trouble

MS = 1_000_000
SEC = 1_000 * MS
WALL = 1_700_000_000 * SEC
TARGET = "198.18.0.2"


class Bench:
    """A line, its rounds, and a network in the hands of the test."""

    def __init__(self) -> None:
        self.line = Line(DATAGRAM_IPV4, 77)
        self.rounds = Rounds()

    def start(
        self, count: int = 1, gap: int = SEC, timeout: int = SEC, token: int = 5
    ) -> EchoFlight:
        flight = EchoFlight(
            self.line,
            TARGET,
            count=count,
            gap_ns=gap,
            timeout_ns=timeout,
            token=token,
            zeros=bytes(48),
        )
        self.rounds.start(flight, 0)
        return flight

    def send(self, now_ns: int) -> list[Turn]:
        turns = self.rounds.due(now_ns, 100)
        for turn in turns:
            self.line.leaves(turn, now_ns, WALL)
        return turns

    def answer(self, turn: Turn, at: int, *, address: str = TARGET, **changed: int) -> None:
        packet = bytearray(turn.packet)
        packet[0] = 0
        if "ident" in changed:
            packet[4:6] = changed["ident"].to_bytes(2, "big")
        if "token" in changed:
            packet[8:16] = changed["token"].to_bytes(8, "big")
        read = Moment(changed.get("read", at), WALL + changed.get("step", 0))
        rx = WALL + at + changed.get("step", 0)
        self.rounds.received(self.line, [(bytes(packet), address, rx)], read)


def test_a_round_sends_at_its_gap_and_ends_after_the_last_answer() -> None:
    bench = Bench()
    flight = bench.start(count=3)
    for number in range(3):
        (turn,) = bench.send(number * SEC)
        bench.answer(turn, number * SEC + 2 * MS)
    assert bench.rounds.next_ns() == 2 * SEC + 2 * MS + LINGER_NS
    assert not bench.rounds.ended()
    bench.send(2 * SEC + 2 * MS + LINGER_NS)
    assert bench.rounds.ended() == [flight]
    assert flight.result().rtts_ns == [2 * MS] * 3
    assert not bench.line.in_flight
    assert not bench.line.waiting
    assert bench.rounds.next_ns() is None


def test_what_is_not_answered_in_time_is_lost() -> None:
    bench = Bench()
    flight = bench.start(count=2, gap=100 * MS)
    bench.send(0)
    (second,) = bench.send(100 * MS)
    bench.answer(second, 101 * MS)
    bench.send(1_099 * MS)
    assert not bench.rounds.ended()
    bench.send(1_100 * MS)
    assert bench.rounds.ended() == [flight]
    assert flight.result().rtts_ns == [None, MS]
    assert flight.result().sent == 2


def test_a_late_answer_counts_neither_in_its_round_nor_in_a_later_one() -> None:
    bench = Bench()
    first = bench.start(timeout=100 * MS)
    (turn,) = bench.send(0)
    bench.send(100 * MS)
    assert bench.rounds.ended() == [first]
    second = bench.start(token=999)
    bench.line.seq = 0  # the worst case: the very same sequence number
    (again,) = bench.send(200 * MS)
    assert again.seq == turn.seq
    bench.answer(turn, 201 * MS)
    assert second.result().rtts_ns == [None]
    assert first.result().rtts_ns == [None]


def test_an_answer_that_was_read_late_counts_by_the_kernels_time() -> None:
    bench = Bench()
    flight = bench.start(timeout=100 * MS)
    (turn,) = bench.send(0)
    bench.answer(turn, 90 * MS, read=400 * MS)
    assert flight.result().rtts_ns == [90 * MS]


def test_duplicates_are_counted_once_each() -> None:
    bench = Bench()
    flight = bench.start()
    (turn,) = bench.send(0)
    for _ in range(3):
        bench.answer(turn, MS)
    assert flight.result().duplicates == 2
    assert flight.result().rtts_ns == [MS]


@pytest.mark.parametrize("wrong", [{"ident": 78}, {"token": 6}], ids=lambda w: next(iter(w)))
def test_an_answer_that_is_not_exactly_ours_is_not_counted(wrong: dict[str, str]) -> None:
    bench = Bench()
    flight = bench.start()
    (turn,) = bench.send(0)
    bench.answer(turn, MS, **wrong)  # type: ignore[arg-type]
    assert flight.result().rtts_ns == [None]


def test_an_answer_from_other_addresses_counts_and_eight_of_them_are_told() -> None:
    bench = Bench()
    flight = bench.start()
    (turn,) = bench.send(0)
    others = [f"198.18.1.{number}" for number in range(20)]
    for address in (*others, TARGET, *others):
        bench.answer(turn, MS, address=address)
    assert flight.result().rtts_ns == [MS]
    assert flight.result().duplicates == 40
    assert flight.result().others == tuple(others[:8])


def test_the_kernels_departure_is_preferred_to_ours() -> None:
    bench = Bench()
    flight = bench.start()
    (turn,) = bench.send(0)
    bench.line.stamped([(turn.key, WALL + 300_000), (12_345, WALL)])
    bench.answer(turn, MS)
    assert flight.result().rtts_ns == [700_000]
    assert not bench.line.by_key


@pytest.mark.parametrize("step", [-3600 * SEC, -MS, MS, 3600 * SEC])
def test_a_step_of_the_wall_clock_does_not_reach_the_rtt(step: int) -> None:
    bench = Bench()
    flight = bench.start()
    (turn,) = bench.send(0)
    bench.line.stamped([(turn.key, WALL)])
    bench.answer(turn, 2 * MS, step=step, read=2 * MS)
    assert flight.result().rtts_ns == [2 * MS]


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (Trouble(3, 3), "destination unreachable: port unreachable"),
        (Trouble(3, 4), "destination unreachable: packet too big"),
    ],
)
def test_a_final_error_for_our_packet_loses_it_at_once(trouble: Trouble, reason: str) -> None:
    bench = Bench()
    flight = bench.start()
    (turn,) = bench.send(0)
    bench.rounds.failed(bench.line, turn.packet, "198.18.0.9", trouble, MS)
    assert not flight.reason
    bench.rounds.failed(bench.line, turn.packet[:8], TARGET, trouble, MS)
    assert flight.result().reason == reason
    bench.send(MS + LINGER_NS)
    assert bench.rounds.ended() == [flight]
    assert flight.result().rtts_ns == [None]


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (Trouble(3, 1), "destination unreachable: host unreachable"),
        (Trouble(11, 0), "time to live exceeded"),
        (Trouble(5, 1), ""),
        (Trouble(4, 0), ""),
    ],
)
def test_any_other_error_leaves_its_request_waiting(trouble: Trouble, reason: str) -> None:
    for answers in (True, False):
        bench = Bench()
        flight = bench.start(timeout=100 * MS)
        (turn,) = bench.send(0)
        bench.rounds.failed(bench.line, turn.packet, TARGET, trouble, MS)
        bench.send(MS + LINGER_NS)
        assert not bench.rounds.ended()
        if answers:
            bench.answer(turn, 99 * MS)
        bench.send(100 * MS + LINGER_NS)
        assert bench.rounds.ended() == [flight]
        assert flight.result().rtts_ns == [99 * MS if answers else None]
        assert flight.result().reason == ("" if answers else reason)


def test_a_loop_that_was_late_does_not_bunch_requests() -> None:
    bench = Bench()
    bench.start(count=10, gap=100 * MS)
    assert len(bench.send(5 * SEC)) == 1
    assert len(bench.send(5 * SEC + 49 * MS)) == 0
    assert len(bench.send(5 * SEC + 50 * MS)) == 1


def test_a_forgotten_round_leaves_nothing_behind() -> None:
    bench = Bench()
    flight = bench.start(count=3)
    (turn,) = bench.send(0)
    bench.rounds.forget(flight)
    bench.answer(turn, MS)
    assert bench.rounds.next_ns() is None
    assert bench.send(10 * SEC) == []
    assert not bench.line.in_flight
    assert not bench.line.by_key
    assert not bench.line.waiting


def test_a_full_line_is_a_reason_and_no_crash() -> None:
    bench = Bench()
    for seq in range(1 << 16):
        bench.line.in_flight[seq] = None  # type: ignore[assignment]
    flight = bench.start()
    assert bench.send(0) == []
    bench.send(LINGER_NS)
    assert bench.rounds.ended() == [flight]
    assert flight.result().reason == "more than 65,536 requests in flight"


@given(st.lists(st.integers(0, 2_000), max_size=40), st.integers(1, 8), st.integers(0, 900))
def test_whatever_comes_and_when_every_round_ends(
    answers_ms: list[int], count: int, gap_ms: int
) -> None:
    bench = Bench()
    flight = bench.start(count=count, gap=gap_ms * MS)
    turns: list[Turn] = []
    for _ in range(200):
        due = bench.rounds.next_ns()
        if due is None:
            break
        turns += bench.send(due)
        for at in answers_ms:
            bench.answer(turns[at % len(turns)], due + at * MS)
    assert bench.rounds.ended() == [flight]
    assert len(flight.result().rtts_ns) == flight.result().sent == count
    assert all(rtt is None or 0 <= rtt <= SEC for rtt in flight.result().rtts_ns)
    assert not bench.line.in_flight
    assert bench.line.waiting == 0


@given(st.binary(max_size=64))
def test_arbitrary_packets_change_nothing(data: bytes) -> None:
    bench = Bench()
    bench.line.form = RAW_IPV4
    flight = bench.start()
    bench.send(0)
    bench.rounds.received(bench.line, [(data, TARGET, WALL)], Moment(MS, WALL))
    if quoted(RAW_IPV4, data) is None:
        bench.rounds.failed(bench.line, data, TARGET, Trouble(3, 1), MS)
    assert flight.result().rtts_ns == [None]
    assert not flight.reason
