"""One trace as a state machine: packets to send out, answers and times in. Pure.

Times are ns of the monotonic clock. All hops are under way at once: a cycle sends to one hop after
the other, evenly over its first part, as far as the way is long by what is known at that moment.
"""

from typing import Final

from forepost.agent.cores.stamps.departures import Departure
from forepost.agent.cores.trace.packet import HopAnswer
from forepost.agent.ports.trace import Hop, Traced, TracePlan

AHEAD: Final = 5
"""After the first cycle, so many hops beyond the last that was heard."""
TICK_NS: Final = 100_000_000
QUIET_NS: Final = 500_000_000
"""At the end, a hop that was never heard is waited for so long, or for three times as long as the
slowest answer took, and its timeout at most."""
MOST_HOSTS: Final = 16
"""At one hop."""


class Shot(Departure):
    """One packet."""

    __slots__ = ("cycle", "flow", "run", "seq", "token", "ttl")

    def __init__(self, run: "TraceRun", ttl: int, cycle: int, now_ns: int) -> None:
        super().__init__(now_ns)
        self.run, self.ttl, self.cycle = run, ttl, cycle
        self.flow = cycle % run.plan.paths
        self.seq = -1
        self.token = 0


class _Heard:
    """What is known of one hop."""

    __slots__ = ("duplicates", "extensions", "hosts", "late", "refused", "refusers", "shots", "who")

    def __init__(self) -> None:
        self.hosts: dict[str, None] = {}
        self.refusers: dict[str, str] = {}
        self.refused: set[int] = set()
        """Cycles whose answer was a refusal."""
        self.extensions: dict[str, None] = {}
        self.shots: dict[int, tuple[Shot, int | None]] = {}
        """By cycle, with the RTT."""
        self.who: dict[int, str] = {}
        """The first that answered in each flow."""
        self.late = self.duplicates = 0


class TraceRun:
    """Runs one trace: says which packet is due when, and takes what was answered.

    Times are ns of the clock that the caller reads. The caller sends, waits and receives.
    """

    def __init__(self, plan: TracePlan, now_ns: int) -> None:
        self.plan = plan
        self.reason = ""
        self.news = False
        """Somebody was heard for the first time since the caller cleared it."""
        self._hops = [_Heard() for _ in range(plan.max_hops + 1)]
        self.tick_ns = min(TICK_NS, round(plan.cycle_sec * 1e8))
        """What is due within it is sent at once: a few packets, each to another hop."""
        self._gap_ns = round(plan.cycle_sec * 1e9 / plan.max_hops)
        self._timeout_ns = round(plan.timeout_sec * 1e9)
        self._cycle, self._ttl = 0, 1
        self._cycle_ns = self._due_ns = now_ns
        self._end = plan.max_hops + 1
        """The first hop that was the target."""
        self._farthest = 0
        self._slowest_ns = 0
        self._refusals = False
        self._sent = self._not_sent = 0

    def due(self, now_ns: int) -> Shot | None:
        """Return the packet to send now, if there is one. Ask again until there is none."""
        self._next_cycle()
        if self.sent_all or now_ns < self._due_ns:
            return None
        shot = Shot(self, self._ttl, self._cycle, now_ns)
        self._hops[self._ttl].shots[self._cycle] = shot, None
        self._ttl += 1
        self._sent += 1
        # A loop that was late for more than its tick does not catch up: packets are not bunched.
        self._due_ns = max(self._due_ns + self._gap_ns, now_ns - self.tick_ns)
        return shot

    def next_ns(self) -> int:
        """When to ask `due` again, or when the run has ended."""
        self._next_cycle()
        if not self.sent_all:
            return self._due_ns
        return max((self._until(shot) for shot in self._open()), default=0)

    def ended(self, now_ns: int) -> bool:
        end_ns = self.next_ns()
        return self.sent_all and end_ns <= now_ns

    @property
    def cycle(self) -> int:
        return self._cycle

    def answered(
        self, shot: Shot, host: str, said: HopAnswer, rtt_ns: int, extensions: list[str]
    ) -> None:
        hop = self._hops[shot.ttl]
        if hop.shots[shot.cycle][1] is not None:
            hop.duplicates += 1
            return
        hop.shots[shot.cycle] = shot, rtt_ns
        hop.late += rtt_ns > self._timeout_ns
        self._slowest_ns = max(self._slowest_ns, rtt_ns)
        self._farthest = max(self._farthest, shot.ttl)
        hop.who.setdefault(shot.flow, host)
        for one in extensions:
            hop.extensions[one] = None
        if said.verdict == "refused":
            self.news |= host not in hop.refusers
            hop.refusers[host] = said.refusal
            hop.refused.add(shot.cycle)
            self._refusals = True
        elif host in hop.hosts or len(hop.hosts) < MOST_HOSTS:
            self.news |= host not in hop.hosts
            hop.hosts[host] = None
        if said.verdict == "reached":
            self._end = min(self._end, shot.ttl)

    def release(self) -> None:
        """Nobody asks any more: a packet knows its run and the run its packets, a circle that would
        stay in memory until Python looks for such.
        """
        self._hops.clear()

    def not_sent(self, reason: str) -> None:
        """The host itself refused: the packet is lost."""
        self.reason = reason
        self._not_sent += 1

    def traced(self, now_ns: int | None = None) -> Traced:
        """What is known; with a time of a run that goes on, without the packets that may still be
        answered in time.
        """
        last = self._last()
        since_ns = None if now_ns is None else now_ns - self._timeout_ns
        hops = [self._hop(ttl, since_ns) for ttl in range(1, last + 1)]
        ways: list[list[str]] = []
        if self.plan.paths > 1:
            begun = range(min(self.plan.paths, self._cycle + 1))
            hops_up_to = self._hops[1 : last + 1]
            ways = [[hop.who.get(flow, "") for hop in hops_up_to] for flow in begun]
        return Traced(hops=hops, reached=self._end == last, ways=ways, reason=self.reason)

    @property
    def sent_all(self) -> bool:
        return self._cycle == self.plan.count

    def _next_cycle(self) -> None:
        if not self.sent_all and self._ttl > self._limit():
            # A host that let nothing out in a whole cycle will not be asked to again.
            self._cycle = self.plan.count if self._not_sent == self._sent else self._cycle + 1
            self._ttl = 1
            self._cycle_ns = max(self._cycle_ns + round(self.plan.cycle_sec * 1e9), self._due_ns)
            self._due_ns = self._cycle_ns

    def _limit(self) -> int:
        """How far to send."""
        known = min(self._end, self._refused_at(), self.plan.max_hops)
        return known if self._cycle == 0 else min(known, self._farthest + AHEAD)

    def _last(self) -> int:
        """How far the way is known to go: to the target, or to the first silence for good."""
        return min(self._end, self._refused_at(), self.plan.max_hops, self._farthest + 1)

    def _refused_at(self) -> int:
        if not self._refusals:
            return self.plan.max_hops + 1
        return next(
            (ttl for ttl in range(1, self.plan.max_hops + 1) if self._is_behind(ttl)),
            self.plan.max_hops + 1,
        )

    def _is_behind(self, ttl: int) -> bool:
        """Whether the hop before speaks for this one: there is nobody here to answer."""
        before, hop = self._hops[ttl - 1], self._hops[ttl]
        return any(host in before.hosts or host in before.refusers for host in hop.refusers)

    def _open(self) -> list[Shot]:
        return [
            shot
            for hop in self._hops[1 : self._last() + 1]
            for shot, rtt_ns in hop.shots.values()
            if rtt_ns is None
        ]

    def _until(self, shot: Shot) -> int:
        hop = self._hops[shot.ttl]
        if hop.hosts or hop.refusers:
            return shot.sent_ns + self._timeout_ns
        patience_ns = max(QUIET_NS, 3 * self._slowest_ns)
        return shot.sent_ns + min(self._timeout_ns, patience_ns)

    def _hop(self, ttl: int, since_ns: int | None) -> Hop:
        hop = self._hops[ttl]
        behind = self._is_behind(ttl)
        lost = hop.refused if behind else frozenset[int]()
        refuser = next(iter(hop.refusers), "")
        return Hop(
            ttl=ttl,
            hosts=list(hop.hosts if behind else hop.hosts | dict.fromkeys(hop.refusers)),
            extensions=list(hop.extensions),
            rtts_ns=[
                None if cycle in lost else rtt_ns
                for cycle, (shot, rtt_ns) in sorted(hop.shots.items())
                if rtt_ns is not None or since_ns is None or shot.sent_ns <= since_ns
            ],
            late=hop.late,
            duplicates=hop.duplicates,
            refusal=hop.refusers.get(refuser, ""),
            refuser=refuser,
        )
