"""The state machine of a trace, against a way that the test makes up. No socket, no sleep."""

from dataclasses import dataclass, field
from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.cores.trace.packet import HopAnswer
from forepost.agent.cores.trace.run import AHEAD, Shot, TraceRun
from forepost.agent.ports.trace import Hop, Traced, TracePlan

MS = 1_000_000
START = 5_000 * MS
TARGET = "198.18.0.99"


@dataclass
class Way:
    """`routers` before the target; RTTs grow by `step_ns` a hop. What is said differs as told."""

    routers: int = 4
    step_ns: int = 1 * MS
    silent: set[int] = field(default_factory=set)
    lost: set[tuple[int, int]] = field(default_factory=set)
    """(hop, cycle)"""
    refusing: int = 0
    """This router passes nothing on, and says so."""
    answers: bool = True

    def answer(self, shot: Shot) -> tuple[str, HopAnswer, int] | None:
        ttl = shot.ttl
        if ttl in self.silent or (ttl, shot.cycle) in self.lost:
            return None
        if self.refusing and ttl > self.refusing:
            return router(self.refusing), HopAnswer("refused", "!X"), self.refusing * self.step_ns
        if ttl <= self.routers:
            return router(ttl), HopAnswer("passed"), ttl * self.step_ns
        rtt_ns = (self.routers + 1) * self.step_ns
        return (TARGET, HopAnswer("reached"), rtt_ns) if self.answers else None


def router(ttl: int) -> str:
    return f"198.18.0.{ttl}"


@dataclass
class Played:
    traced: Traced
    shots: list[tuple[int, Shot]]
    ended_ns: int

    def hosts(self) -> list[list[str]]:
        return [hop.hosts for hop in self.traced.hops]

    def per_cycle(self, cycle: int) -> list[int]:
        return [shot.ttl for _, shot in self.shots if shot.cycle == cycle]


def play(way: Way, **more: object) -> Played:
    run = TraceRun(msgspec.structs.replace(TracePlan(address=TARGET), **more), START)
    now = START
    coming: list[tuple[int, Shot, tuple[str, HopAnswer, int]]] = []
    shots: list[tuple[int, Shot]] = []
    while not run.ended(now):
        while (shot := run.due(now)) is not None:
            shot.sent_ns = now
            shots.append((now, shot))
            if (answer := way.answer(shot)) is not None:
                coming.append((now + answer[2], shot, answer))
        coming.sort(key=lambda one: one[0])
        now = min([run.next_ns(), *(at for at, _, _ in coming[:1])])
        while coming and coming[0][0] <= now:
            _, shot, (host, said, rtt_ns) = coming.pop(0)
            run.answered(shot, host, said, rtt_ns, [])
    return Played(run.traced(), shots, now)


def test_every_hop_is_sent_one_packet_a_cycle_and_the_way_ends_at_the_target() -> None:
    got = play(Way())
    assert got.hosts() == [[router(ttl)] for ttl in range(1, 5)] + [[TARGET]]
    assert got.traced.reached
    assert [hop.rtts_ns for hop in got.traced.hops] == [[ttl * MS] * 5 for ttl in range(1, 6)]
    assert [got.per_cycle(cycle) for cycle in range(1, 5)] == [[1, 2, 3, 4, 5]] * 4


def test_packets_to_one_hop_keep_their_distance_and_all_hops_are_under_way_at_once() -> None:
    got = play(Way(routers=20, step_ns=20 * MS), max_hops=30, cycle_sec=1)
    for ttl in range(1, 22):
        times = [at for at, shot in got.shots if shot.ttl == ttl]
        assert all(b - a >= 900 * MS for a, b in pairwise(times))
    first = [at for at, shot in got.shots if shot.cycle == 0]
    assert first[-1] - first[0] <= 1_000 * MS
    assert all(b - a >= 30 * MS for a, b in pairwise(first))


def test_the_run_ends_with_the_last_answer() -> None:
    got = play(Way(), count=3)
    last = max(at for at, _ in got.shots)
    assert got.ended_ns - last == 5 * MS


def test_a_target_that_answers_many_hops_is_cut_at_the_first() -> None:
    got = play(Way(routers=2, step_ns=100 * MS))
    assert len(got.per_cycle(0)) > 3, "sent before the first answer could come"
    assert got.hosts() == [[router(1)], [router(2)], [TARGET]]
    assert got.per_cycle(1) == [1, 2, 3]


def test_a_silent_hop_is_there_and_costs_no_full_timeout() -> None:
    got = play(Way(silent={2}), count=2, timeout_sec=3)
    assert got.hosts()[1] == []
    assert got.traced.hops[1].rtts_ns == [None, None]
    last = max(at for at, shot in got.shots if shot.ttl == 2)
    assert got.ended_ns - last == 500 * MS


def test_a_lost_packet_of_a_hop_that_answers_is_waited_for() -> None:
    got = play(Way(lost={(2, 1)}), count=2, timeout_sec=3)
    assert got.traced.hops[1].rtts_ns == [2 * MS, None]
    last = max(at for at, shot in got.shots if shot.ttl == 2)
    assert got.ended_ns - last == 3_000 * MS


def test_a_silent_end_is_one_hop_of_loss_and_the_search_gets_shorter() -> None:
    got = play(Way(answers=False), count=3)
    assert got.hosts() == [[router(ttl)] for ttl in range(1, 5)] + [[]]
    assert not got.traced.reached
    assert got.per_cycle(0) == list(range(1, 31))
    assert got.per_cycle(1) == list(range(1, 5 + AHEAD))


def test_nobody_at_all_is_one_silent_hop() -> None:
    got = play(Way(routers=0, answers=False), count=2, max_hops=8)
    assert got.traced.hops == [Hop(ttl=1, rtts_ns=[None, None])]


def test_a_router_that_refuses_is_a_hop_and_what_is_behind_it_is_lost() -> None:
    got = play(Way(refusing=3), count=2)
    assert got.hosts() == [[router(1)], [router(2)], [router(3)], []]
    end = got.traced.hops[-1]
    assert (end.refusal, end.refuser, end.rtts_ns) == ("!X", router(3), [None, None])
    assert not got.traced.reached
    assert got.per_cycle(1) == [1, 2, 3, 4]


def test_a_late_answer_is_an_answer_of_its_own_packet() -> None:
    run = TraceRun(TracePlan(address=TARGET, count=3, timeout_sec=0.5, max_hops=1), START)
    now, sent = START, []
    for _ in range(3):
        shot = run.due(now)
        assert shot is not None
        shot.sent_ns = now
        sent.append(shot)
        now += 1_000 * MS
    run.answered(sent[0], TARGET, HopAnswer("reached"), 1_500 * MS, [])
    run.answered(sent[2], TARGET, HopAnswer("reached"), 10 * MS, [])
    run.answered(sent[2], TARGET, HopAnswer("reached"), 11 * MS, [])
    hop = run.traced().hops[0]
    assert hop.rtts_ns == [1_500 * MS, None, 10 * MS]
    assert (hop.late, hop.duplicates) == (1, 1)


def test_flows_are_used_in_turn_and_their_ways_are_told() -> None:
    got = play(Way(routers=1), count=6, paths=3)
    assert [shot.flow for _, shot in got.shots if shot.ttl == 1] == [0, 1, 2, 0, 1, 2]
    assert got.traced.ways == [[router(1), TARGET]] * 3


def test_a_host_that_lets_nothing_out_is_asked_for_one_cycle() -> None:
    run = TraceRun(TracePlan(address=TARGET, count=100, max_hops=5), START)
    now, sent = START, 0
    while not run.ended(now):
        while run.due(now) is not None:
            sent += 1
            run.not_sent("network is unreachable")
        now = run.next_ns()
    assert sent == 5
    assert run.traced().reason == "network is unreachable"


def test_what_may_still_be_answered_is_no_loss_yet() -> None:
    run = TraceRun(TracePlan(address=TARGET, timeout_sec=1), START)
    shot = run.due(START)
    assert shot is not None
    assert run.traced(START + 999 * MS).hops[0].rtts_ns == []
    assert run.traced(START + 1_000 * MS).hops[0].rtts_ns == [None]


@given(
    routers=st.integers(0, 12),
    silent=st.sets(st.integers(1, 14)),
    lost=st.sets(st.tuples(st.integers(1, 14), st.integers(0, 3))),
    refusing=st.integers(0, 12),
    answers=st.booleans(),
    step_ms=st.integers(0, 300),
    count=st.integers(1, 4),
    paths=st.integers(1, 3),
)
def test_every_run_ends_and_adds_up(
    routers: int,
    silent: set[int],
    lost: set[tuple[int, int]],
    refusing: int,
    answers: bool,
    step_ms: int,
    count: int,
    paths: int,
) -> None:
    way = Way(routers, step_ms * MS, silent, lost, refusing, answers)
    got = play(way, count=count, paths=paths, max_hops=16)
    assert got.traced.hops
    assert [hop.ttl for hop in got.traced.hops] == list(range(1, len(got.traced.hops) + 1))
    assert all(len(hop.rtts_ns) <= count for hop in got.traced.hops)
    assert got.ended_ns <= START + (count + 1) * 1_100 * MS
    for hop in got.traced.hops:
        if hop.ttl <= routers and (not refusing or hop.ttl <= refusing) and hop.hosts:
            assert hop.hosts == [router(hop.ttl)]
    if got.traced.reached:
        assert TARGET in got.traced.hops[-1].hosts
