"""The tests that a controller asks for: each is run once, one after another, and answered.

What a controller sends again (NetWatcher's repeats what failed) is not run again. Results wait
here, in RAM, until a controller has them; after a restart the controller's own time limit ends the
test.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import anyio
import msgspec

from forepost.agent.edges.speed.process import Measured, Progress, Speed, SpeedPlan, SpeedServer
from forepost.agent.settings import ProbesSection, SpeedtestSection
from forepost.agent.speedtests.idle import Moved, wait_until_idle
from forepost.agent.speedtests.payload import payload
from forepost.kit.clock import Clock
from forepost.wire.speedtests.queue import (
    AskedSpeedtest,
    SpeedtestProgress,
    SpeedtestResult,
    SpeedtestServer,
)

MOST_WAITING: Final = 20
"""Asked for and not begun; a further one is refused, with a result that says so."""
MOST_RESULTS: Final = 100
"""Waiting for a controller; the oldest goes first."""
MOST_KNOWN: Final = 1_000
"""Numbers of tests that are remembered, so that none is run twice."""
MBIT: Final = 1e6 / 8
EVERYTHING: Final = ProbesSection(allow_link_local=True)
MOST_ERROR: Final = 2_000

_log = logging.getLogger(__name__)


class SpeedtestQueue:
    """Runs the wanted speed tests, one after another, and keeps each result until it is taken."""

    def __init__(
        self,
        settings: SpeedtestSection,
        speed: Speed,
        moved: Moved,
        controller_host: Callable[[], str],
        clock: Clock,
        known_time: Callable[[], datetime | None],
        site: ProbesSection = EVERYTHING,
    ) -> None:
        """`controller_host`: for a responder that has no host of its own. `known_time`: the
        controller's; None while nobody knows it, and then nothing is too late. `site`: what may
        be reached.
        """
        self._known_time = known_time
        self._settings, self._speed, self._moved = settings, speed, moved
        self._controller_host, self._clock = controller_host, clock
        self._site = site
        self._waiting: deque[AskedSpeedtest] = deque()
        self._known: dict[int, None] = {}
        self._asked = anyio.Event()
        self._changed = anyio.Event()
        self.results: deque[SpeedtestResult] = deque(maxlen=MOST_RESULTS)
        self.progress: SpeedtestProgress | None = None
        """Of the test that is running, until somebody takes it."""

    @property
    def servers(self) -> list[SpeedtestServer]:
        """The public ones that are configured."""
        return [
            SpeedtestServer(
                id=one.id,
                name=one.name,
                sponsor=one.sponsor,
                host=one.url.partition("://")[2].partition("/")[0],
                url=one.url,
                country=one.country,
                lat=one.lat,
                lon=one.lon,
            )
            for one in self._settings.servers
        ]

    def take(self, tests: Sequence[AskedSpeedtest]) -> None:
        """Those that are not known yet are run when their turn comes."""
        for test in tests:
            if test.id in self._known:
                continue
            self._known[test.id] = None
            while len(self._known) > MOST_KNOWN:
                self._known.pop(next(iter(self._known)))
            if len(self._waiting) < MOST_WAITING:
                self._waiting.append(test)
            else:
                self._failed(test, f"{MOST_WAITING} tests are waiting already")
        self._asked.set()

    async def news(self) -> None:
        """Return when something changed since this was awaited last."""
        await self._changed.wait()
        self._changed = anyio.Event()

    def kept(self, queue_id: int) -> None:
        """The controller has this result, or does not want it."""
        if self.results and self.results[0].queue_id == queue_id:
            self.results.popleft()
            self._changed.set()

    async def run(self) -> None:
        """Run what is asked for, in its order, one at a time; for ever."""
        while True:
            while self._waiting:
                await self._run(self._waiting.popleft())
            self._asked = anyio.Event()
            await self._asked.wait()

    async def _run(self, test: AskedSpeedtest) -> None:
        now = self._known_time()
        if now is not None and test.expires_at is not None and test.expires_at < now:
            self._failed(test, "it was too late when its turn came")
            return
        places = self._places(test)
        if isinstance(places, str):
            self._failed(test, places)
            return

        def tell(progress: Progress) -> None:
            self.progress = SpeedtestProgress(
                queue_id=test.id,
                phase=progress.phase,
                part=progress.part,
                bytes_per_sec=progress.bytes_per_sec,
                latency=progress.latency,
            )
            self._changed.set()

        try:
            idle, waited_sec = await self._wait(tell)
            measured = await self._speed.measure(self._plan(places), tell)
        except Exception as error:  # noqa: BLE001 - a fault of ours is a result too, never silence
            _log.exception("speed test %d", test.id)
            idle, waited_sec = None, 0.0
            measured = Measured(error=f"{type(error).__name__}: {error}")
        self.progress = None
        said = payload(
            measured, self._clock.now(), waited_ns=round(waited_sec * 1e9), line_idle=idle
        )
        if measured.download is None and measured.upload is None:
            self._failed(test, measured.error or "nothing was measured")
        else:
            data = msgspec.Raw(msgspec.json.encode(said))
            self._put(SpeedtestResult(queue_id=test.id, success=True, data=data))

    async def _wait(self, tell: Callable[[Progress], None]) -> tuple[bool | None, float]:
        at = self._settings
        if not at.idle_mbps:
            return None, 0.0
        tell(Progress(phase="waiting", part=0.0))
        return await wait_until_idle(
            self._moved,
            self._clock,
            below_bytes_per_sec=at.idle_mbps * MBIT,
            for_sec=at.idle_sec,
            most_sec=at.idle_wait_sec,
        )

    def _plan(self, places: list[SpeedServer]) -> SpeedPlan:
        at = self._settings
        return SpeedPlan(
            places=places,
            sec=at.duration_sec,
            streams=at.streams,
            most_bytes=at.max_bytes,
            interface=at.interface,
            allow=self._site.allow,
            deny=self._site.deny,
            allow_link_local=self._site.allow_link_local,
        )

    def _places(self, test: AskedSpeedtest) -> list[SpeedServer] | str:
        """Whom this test is against; a text where that cannot be told."""
        wanted = test.server_id or ""
        if test.responder is not None:
            at = test.responder
            host = at.host or self._controller_host()
            name = test.server_name or wanted
            return [
                SpeedServer(
                    id=wanted,
                    name=name,
                    host=host,
                    port=at.port,
                    ticket=at.ticket,
                    secret=at.secret,
                )
            ]
        servers = [one for one in self._settings.servers if wanted in ("", one.id)]
        if not servers:
            if wanted:
                return f"server {wanted!r} is not among speedtest.servers of this agent"
            return "no server: none is named in the test, nor in speedtest.servers of this agent"
        return [
            SpeedServer(
                id=one.id,
                name=one.name,
                sponsor=one.sponsor,
                country=one.country,
                lat=one.lat,
                lon=one.lon,
                url=one.url,
                download=one.download,
                upload=one.upload,
                ping=one.ping,
            )
            for one in servers
        ]

    def _failed(self, test: AskedSpeedtest, reason: str) -> None:
        self._put(SpeedtestResult(queue_id=test.id, success=False, error=reason[:MOST_ERROR]))

    def _put(self, result: SpeedtestResult) -> None:
        self.results.append(result)
        self._changed.set()
