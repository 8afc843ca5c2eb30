"""The phases of a speed test, one after another: latency, download, upload."""

import http.client
import threading
from collections.abc import Callable
from typing import Final

from forepost.agent.cores import speed_rate
from forepost.agent.edges.speed.librespeed import LibreSpeed
from forepost.agent.edges.speed.ours import Ours
from forepost.agent.edges.speed.peer import Counter, Echo, NoSpeed, Peer, words
from forepost.agent.edges.speed.process import Measured, Progress, SpeedPlan, SpeedServer, Tell, Way
from forepost.kit.clock import Clock
from forepost.wire.probes.speedtest import SpeedLatency, SpeedLeg

IDLE_PINGS: Final = 20
IDLE_GAP_SEC: Final = 0.025
IDLE_MOST_SEC: Final = 5.0
CHOOSING_PINGS: Final = 3
LOADED_GAP_SEC: Final = 0.1
TELL_SEC: Final = 0.5
JOIN_SEC: Final = 2.0

_FAILURES = (NoSpeed, OSError, http.client.HTTPException, ValueError)


def peer_of(place: SpeedServer, plan: SpeedPlan, clock: Clock) -> Peer:
    """Raises NoSpeed."""
    kind: type[Ours | LibreSpeed] = Ours if place.host else LibreSpeed
    return kind(place, plan, clock)


def run(plan: SpeedPlan, clock: Clock, tell: Tell) -> Measured:
    """Never raises for what others do: that is the result's `error`."""
    began = clock.monotonic()
    place, peer, error = _nearest(plan, clock)
    if place is None or peer is None:
        return Measured(error=error)
    tell(Progress(phase="latency", part=0.0))
    try:
        idle = _latency(peer, IDLE_PINGS)
    except _FAILURES as failed:
        peer.close()
        return Measured(place=place, remote=peer.remote, error=f"latency: {words(failed)}")
    ping_sec = clock.monotonic() - began
    legs: dict[Way, SpeedLeg | None] = {}
    reasons: list[str] = []
    for way in plan.ways:
        legs[way], reason = _Leg(peer, way, plan, clock, tell, idle).run()
        reasons += [f"{way}: {reason}"] if reason else []
    peer.close()
    return Measured(
        place=place,
        remote=peer.remote,
        idle=idle,
        download=legs.get("download"),
        upload=legs.get("upload"),
        ping_duration=round(ping_sec * 1e9),
        error="; ".join(reasons),
    )


def _nearest(plan: SpeedPlan, clock: Clock) -> tuple[SpeedServer | None, Peer | None, str]:
    """The one with the shortest round trip, connected; of one alone nothing is asked first."""
    best: tuple[int, SpeedServer, Peer] | None = None
    errors: list[str] = []
    for place in plan.places:
        try:
            peer = peer_of(place, plan, clock)
            took = _connected(peer, alone=len(plan.places) == 1)
        except _FAILURES as failed:
            errors.append(f"{place.name or place.url or place.host}: {words(failed)}")
            continue
        if best is None or took < best[0]:
            if best is not None:
                best[2].close()
            best = took, place, peer
        else:
            peer.close()
    if best is None:
        return None, None, "; ".join(errors) or "no server"
    return best[1], best[2], ""


def _connected(peer: Peer, *, alone: bool) -> int:
    """How long a round trip takes (ns)."""
    try:
        peer.connect()
        found = None if alone else _latency(peer, CHOOSING_PINGS)
    except _FAILURES:
        peer.close()
        raise
    return found.median if found else 0


def _latency(peer: Peer, count: int) -> SpeedLatency:
    """Raises NoSpeed, and what the peer raises."""
    rtts: list[int] = []
    stop = threading.Event()

    def echo(one: Echo) -> None:
        rtts.append(one.rtt_ns)
        if len(rtts) >= count:
            stop.set()

    patience = threading.Timer(IDLE_MOST_SEC, stop.set)
    patience.start()
    try:
        peer.ping(IDLE_GAP_SEC, stop, echo)
    finally:
        patience.cancel()
    found = speed_rate.latency(rtts)
    if found is None:
        raise NoSpeed(f"no answer in {IDLE_MOST_SEC:g} s")
    return found


class _Leg:
    """One way: streams and echoes in threads of their own, counted from here."""

    def __init__(
        self,
        peer: Peer,
        way: Way,
        plan: SpeedPlan,
        clock: Clock,
        tell: Tell,
        idle: SpeedLatency | None,
    ) -> None:
        self._peer, self._way, self._plan, self._idle = peer, way, plan, idle
        self._clock, self._tell = clock, tell
        self._counters = [Counter() for _ in range(plan.streams)]
        self._stop = threading.Event()
        self._echoes: list[Echo] = []
        self._ping_error = ""

    def run(self) -> tuple[SpeedLeg | None, str]:
        """What was measured, or why nothing was."""
        threads = [threading.Thread(target=self._stream, args=(one,)) for one in self._counters]
        pinging = threading.Thread(target=self._ping)
        for thread in (*threads, pinging):
            thread.daemon = True
            thread.start()
        samples = self._watch(lambda: any(thread.is_alive() for thread in threads))
        self._stop.set()
        for counter in self._counters:
            counter.cut()
        for thread in (*threads, pinging):
            thread.join(JOIN_SEC)
        return self._summed_up(samples)

    def _watch(self, alive: Callable[[], bool]) -> list[speed_rate.Sample]:
        start = told = self._clock.monotonic()
        samples: list[speed_rate.Sample] = [(0.0, 0)]
        while alive():
            self._stop.wait(speed_rate.SLICE_SEC)
            passed = self._clock.monotonic() - start
            samples.append((passed, self._moved()))
            if start + passed - told >= TELL_SEC:
                told = start + passed
                self._progress(samples)
            if passed >= self._plan.sec or samples[-1][1] >= self._plan.most_bytes:
                break
        return samples

    def _moved(self) -> int:
        if self._way == "download":
            return sum(one.moved for one in self._counters)
        if self._peer.counts:
            return (self._echoes[-1].received or 0) - self._before if self._echoes else 0
        return sum(one.arrived for one in self._counters)

    @property
    def _before(self) -> int:
        return self._echoes[0].received or 0

    def _progress(self, samples: list[speed_rate.Sample]) -> None:
        (then, had), (now, have) = samples[-min(len(samples), 6)], samples[-1]
        self._tell(
            Progress(
                phase=self._way,
                part=min(1.0, now / self._plan.sec),
                bytes_per_sec=max(0.0, (have - had) / (now - then)) if now > then else 0.0,
                latency=self._echoes[-1].rtt_ns if self._echoes else 0,
            )
        )

    def _summed_up(self, samples: list[speed_rate.Sample]) -> tuple[SpeedLeg | None, str]:
        if self._way == "upload" and self._peer.counts:
            samples = [(one.at_sec, one.received or 0) for one in list(self._echoes)]
        found = speed_rate.slices(samples)
        moved = sum(one.bytes for one in found)
        errors = dict.fromkeys(one.error for one in self._counters if one.error)
        reason = "; ".join([*errors, *([self._ping_error] if self._ping_error else [])])
        if not moved:
            return None, reason or "no byte arrived"
        rate = speed_rate.rate(found)
        upload = self._way == "upload"
        loaded = speed_rate.latency([one.rtt_ns for one in list(self._echoes)])
        added = max(0, loaded.median - self._idle.median) if loaded and self._idle else None
        leg = SpeedLeg(
            bytes_per_sec=rate.trimmed,
            mean_bytes_per_sec=rate.mean,
            median_bytes_per_sec=rate.median,
            bytes=moved,
            duration=round(sum(one.sec for one in found) * 1e9),
            warm_up=round(rate.warm_up_sec * 1e9),
            streams=len(self._counters),
            slices=[round(one.rate) for one in found],
            latency=loaded,
            added_latency=added,
            retransmits=sum(one.retransmits for one in self._counters) if upload else None,
            error=reason,
        )
        return leg, ""

    def _stream(self, counter: Counter) -> None:
        try:
            self._peer.stream(self._way, self._plan.sec + JOIN_SEC, counter, self._stop)
        except _FAILURES as failed:
            if not self._stop.is_set():
                counter.error = words(failed)

    def _ping(self) -> None:
        try:
            self._peer.ping(LOADED_GAP_SEC, self._stop, self._echoes.append)
        except _FAILURES as failed:
            if not self._stop.is_set():
                self._ping_error = f"latency: {words(failed)}"
