"""What results and people are told of a clock that is wrong, was set, or slept."""

import logging
from datetime import UTC, datetime, timedelta

import anyio
import msgspec
import pytest

from forepost.agent.node import Identity
from forepost.agent.uplink.time_questions import BURST, EVERY_SEC, ask_over_http, keep_time
from forepost.agent.uplink.timekeeper import Timekeeper
from forepost.agent.way import Way
from forepost.kit.health import Health
from forepost.wire.uplink.clock import ClockReading, TimeIs
from forepost.wire.uplink.messages import Measured, ProbePost
from tests.fakes.clock import START, FakeClock
from tests.lab.peers import answering, serving

pytestmark = pytest.mark.anyio

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Far:
    """A controller whose clock is `ahead` of a true one that nobody sets."""

    def __init__(self, clock: FakeClock, ahead: timedelta = timedelta()) -> None:
        self._clock, self.ahead = clock, ahead
        self._zero = clock.now() - timedelta(seconds=clock.boottime())

    def now_ns(self) -> int:
        true = self._zero + timedelta(seconds=self._clock.boottime()) + self.ahead
        return (true - EPOCH) // timedelta(microseconds=1) * 1_000

    async def exchange(self, keeper: Timekeeper, one_way_sec: float = 0.01) -> None:
        number = keeper.asks()
        await self._clock.advance(one_way_sec)
        now_ns = self.now_ns()
        await self._clock.advance(one_way_sec)
        keeper.answered(TimeIs(number=number, received_ns=now_ns, sent_ns=now_ns))


def keeper_of(clock: FakeClock) -> tuple[Timekeeper, Health]:
    health = Health(logging.getLogger("test"))
    return Timekeeper(clock, health), health


def post(clock: FakeClock) -> ProbePost:
    return ProbePost(created_at=clock.now(), type="PING", payload=msgspec.Raw(b"{}"))


async def test_the_time_is_known_where_a_controller_was_asked() -> None:
    clock = FakeClock()
    keeper, _ = keeper_of(clock)
    assert keeper.known_time() is None
    far = Far(clock, timedelta(days=1))
    await far.exchange(keeper)
    clock.set_wall(START - timedelta(days=9_000))
    await clock.advance(60)
    known = keeper.known_time()
    assert known is not None
    assert abs(known - START - timedelta(days=1, seconds=60)) < timedelta(seconds=0.1)


async def test_without_a_controller_nothing_is_claimed() -> None:
    clock = FakeClock()
    keeper, health = keeper_of(clock)
    assert keeper.reading() == ClockReading()
    measured = keeper.measured(post(clock))
    assert measured.created_at == START
    assert measured.clock is None
    assert health.problems == {}


async def test_a_clock_that_may_be_right_is_left_alone() -> None:
    clock = FakeClock()
    keeper, health = keeper_of(clock)
    await Far(clock, timedelta(milliseconds=4)).exchange(keeper)
    measured = keeper.measured(post(clock))
    assert measured.created_at == clock.now()
    assert measured.clock
    assert measured.clock.offset_ms == pytest.approx(4, abs=0.01)
    assert measured.clock.bound_ms == pytest.approx(10, abs=0.1)
    assert health.problems == {}


@pytest.mark.parametrize(("ahead_sec", "words"), [(90, "behind"), (-90, "ahead of")])
async def test_a_clock_that_is_wrong_is_corrected_and_shown(ahead_sec: int, words: str) -> None:
    clock = FakeClock()
    keeper, health = keeper_of(clock)
    await Far(clock, timedelta(seconds=ahead_sec)).exchange(keeper)
    measured = keeper.measured(post(clock))
    right = clock.now() + timedelta(seconds=ahead_sec)
    assert abs(measured.created_at - right) < timedelta(milliseconds=20)
    assert measured.clock
    assert measured.clock.is_off
    raw = measured.created_at - timedelta(milliseconds=measured.clock.offset_ms or 0)
    assert raw == clock.now()
    assert f"90.000 s {words} the controller" in health.problems["clock"]


async def test_a_clock_that_was_set_is_noticed_at_once_and_results_go_on_with_true_times() -> None:
    clock = FakeClock()
    keeper, health = keeper_of(clock)
    await Far(clock).exchange(keeper)
    before = keeper.measured(post(clock))
    clock.set_wall(clock.now() - timedelta(days=1))
    after = keeper.measured(post(clock))
    assert before.clock
    assert after.clock
    assert before.clock.stepped_ms == 0
    assert after.clock.stepped_ms == pytest.approx(-86_400_000)
    assert after.clock.offset_ms == pytest.approx(86_400_000, abs=0.1)
    assert after.created_at - before.created_at < timedelta(milliseconds=1)
    assert "86400.000 s behind the controller" in health.problems["clock"]
    assert keeper.unsettled.is_set()
    clock.set_wall(clock.now() + timedelta(days=1))
    keeper.reading()
    assert health.problems == {}
    # What was spooled before is what it was.
    kept = msgspec.json.decode(msgspec.json.encode(before), type=Measured)
    assert kept.clock == before.clock


async def test_without_a_controller_a_jump_is_a_problem_of_its_own() -> None:
    clock = FakeClock()
    keeper, health = keeper_of(clock)
    clock.set_wall(clock.now() + timedelta(hours=1))
    measured = keeper.measured(post(clock))
    assert measured.clock
    assert measured.clock.is_doubtful
    assert measured.created_at == clock.now()
    assert "set it by +3600.0 s" in health.problems["clock"]
    clock.set_wall(clock.now() + timedelta(milliseconds=20))
    assert keeper.reading().stepped_ms == pytest.approx(3_600_000), "that is NTP's way, no jump"


async def test_a_machine_that_slept_knows_less_until_it_has_asked_again() -> None:
    clock = FakeClock()
    keeper, _ = keeper_of(clock)
    far = Far(clock)
    await far.exchange(keeper)
    clock.slumber(7_200)
    reading = keeper.reading()
    assert reading.suspended_sec == pytest.approx(7_200)
    assert reading.stepped_ms == 0
    assert reading.bound_ms is not None
    assert reading.bound_ms > 1_000
    assert keeper.unsettled.is_set()
    await far.exchange(keeper)
    assert keeper.reading().bound_ms == pytest.approx(10, abs=0.2)


async def test_answers_to_no_question_are_no_answers() -> None:
    clock = FakeClock()
    keeper, _ = keeper_of(clock)
    keeper.answered(TimeIs(number=7, received_ns=0, sent_ns=0))
    number = keeper.asks()
    keeper.lost_touch()
    keeper.answered(TimeIs(number=number, received_ns=0, sent_ns=0))
    for _ in range(100):
        keeper.asks()
    assert len(keeper._asked) == 16
    assert keeper.reading().offset_ms is None


async def test_it_asks_in_bursts_and_again_when_something_happened() -> None:
    clock = FakeClock()
    keeper, _ = keeper_of(clock)
    asked: list[float] = []
    told: list[ClockReading] = []

    async def ask() -> None:
        asked.append(clock.monotonic())

    async def tell(reading: ClockReading) -> None:
        told.append(reading)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keep_time, keeper, clock, ask, tell)
        await clock.advance(5)
        assert (len(asked), len(told)) == (BURST, 1)
        clock.slumber(60)
        keeper.reading()
        await clock.advance(5)
        assert (len(asked), len(told)) == (2 * BURST, 2)
        tasks.cancel_scope.cancel()
    assert EVERY_SEC < 300


async def test_the_watch_notices_without_any_result() -> None:
    clock = FakeClock()
    keeper, health = keeper_of(clock)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keeper.run)
        await clock.advance(1)
        clock.set_wall(clock.now() + timedelta(days=3))
        await clock.advance(10)
        assert "clock" in health.problems
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("status", "body", "known"),
    [
        (200, '{"server_time":"x","server_unix_ms":1795252457000}', True),
        (401, '{"error":"invalid credentials"}', False),
        (200, "<html>", False),
        (200, '{"server_unix_ms":"soon"}', False),
        (200, '{"server_unix_ms":-1}', False),
    ],
)
async def test_any_controller_with_netwatchers_route_is_asked_over_http(
    status: int, body: str, known: bool
) -> None:
    keeper, _ = keeper_of(FakeClock())
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n"
    async with serving(answering((head + body).encode())) as port:
        identity = Identity(url=f"http://127.0.0.1:{port}", workspace_id=1, agent_id=2, psk="s")
        await ask_over_http(Way(), identity, keeper)
    reading = keeper.reading()
    assert (reading.offset_ms is not None) == known
    if known:
        right = datetime.fromtimestamp(1795252457, UTC)
        assert reading.offset_ms == pytest.approx(
            (right - START) / timedelta(milliseconds=1), abs=1
        )
        assert reading.bound_ms is not None
        assert reading.bound_ms >= 0.5


async def test_a_controller_that_does_not_answer_is_no_harm() -> None:
    keeper, health = keeper_of(FakeClock())
    identity = Identity(url="http://127.0.0.1:1", workspace_id=1, agent_id=2, psk="s")
    await ask_over_http(Way(), identity, keeper)
    assert keeper.reading() == ClockReading()
    assert health.problems == {}
