"""The bus and its journal: who gets what, over crashes, full disks, damage and its bound."""

from datetime import timedelta
from logging import getLogger
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.agent.edges.files.spool_folder import SpoolFolder
from forepost.agent.workloads.messages.bus import MOST_ANSWER, MessageBus
from forepost.agent.workloads.messages.io_message import IoMessage, WrongMessage
from forepost.agent.workloads.messages.journal import Journal
from forepost.kit.health import Health
from tests.fakes.clock import FakeClock
from tests.fakes.disk import FakeDisk

pytestmark = pytest.mark.anyio
ROUTES = {"a": ["x", "y"], "b": ["x"], "c": []}


class Stage:
    def __init__(self, folder: Path, disk: FakeDisk | None = None, **bounds: int) -> None:
        self.folder, self.disk, self.bounds = folder, disk, bounds
        self.clock, self.health = FakeClock(), Health(getLogger("test"))
        self.start()

    def start(self) -> None:
        disk = self.disk or SpoolFolder(self.folder / "messages")
        self.journal = Journal(disk, **self.bounds)
        self.bus = MessageBus(self.journal, self.folder, ROUTES.get, self.clock, self.health)

    def publish(self, publisher: str, content: bytes) -> IoMessage:
        return self.bus.publish(publisher, IoMessage(contentdata=content))

    def waits(self, receiver: str) -> list[bytes]:
        return [one.contentdata for one in self.bus.some(receiver)[1]]

    def drain(self, receiver: str) -> list[bytes]:
        number, messages = self.bus.some(receiver)
        self.bus.take(receiver, number)
        return [one.contentdata for one in messages]


async def test_routes_order_and_identity(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    made = [stage.publish("a", b"1"), stage.publish("b", b"2"), stage.publish("c", b"3")]
    assert all(len(one.id) == 32 and one.timestamp for one in made)
    assert [one.publisher for one in made] == ["a", "b", "c"]
    assert stage.waits("x") == [b"1", b"2"]
    assert stage.drain("x") == [b"1", b"2"]
    assert stage.drain("x") == []
    assert stage.drain("y") == [b"1"]
    assert stage.drain("nobody") == []
    assert stage.bus.count == 3


async def test_a_publisher_that_nobody_knows_has_no_receipt(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    with pytest.raises(WrongMessage, match="publisher: there is no microservice stranger"):
        stage.publish("stranger", b"1")
    assert stage.bus.count == 0


async def test_what_was_not_taken_is_there_after_a_crash_and_what_was_is_not(
    tmp_path: Path,
) -> None:
    stage = Stage(tmp_path)
    for number in range(5):
        stage.publish("a", b"%d" % number)
    first = stage.bus.first("x")
    assert first is not None
    stage.bus.take("x", first[0])
    assert stage.drain("y") == [b"0", b"1", b"2", b"3", b"4"]
    await stage.bus.flush()
    stage.publish("b", b"5")
    stage.start()
    assert stage.waits("x") == [b"1", b"2", b"3", b"4", b"5"]
    assert stage.waits("y") == []
    stage.publish("a", b"6")
    assert stage.drain("y") == [b"6"]
    stage.start()  # that it was taken was not kept yet: at least once
    assert stage.waits("y") == [b"6"]


async def test_numbers_go_on_where_all_messages_are_gone(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.publish("a", b"1")
    stage.drain("y")
    await stage.bus.flush()
    for path in (tmp_path / "messages").iterdir():
        path.unlink()
    stage.start()
    stage.publish("a", b"2")
    assert stage.drain("y") == [b"2"]


async def test_the_oldest_give_way_and_are_counted(tmp_path: Path) -> None:
    stage = Stage(tmp_path, most_bytes=20_000, segment_bytes=4_000)
    for number in range(100):
        stage.publish("a", b"%03d" % number + bytes(500))
    assert stage.bus.size <= 20_000
    assert sum(one.stat().st_size for one in (tmp_path / "messages").iterdir()) <= 20_000
    left = [one[:3] for one in stage.waits("x")]
    assert left == [b"%03d" % number for number in range(100 - len(left), 100)]
    assert 10 < len(left) < 40
    assert stage.bus.lost == 2 * (100 - len(left))
    assert f"{stage.bus.lost} gave way" in stage.health.problems["messages"]
    stage.start()
    assert len(stage.waits("x")) == len(left)


async def test_a_full_disk_keeps_nothing_and_heals(tmp_path: Path) -> None:
    disk = FakeDisk()
    stage = Stage(tmp_path, disk)
    stage.publish("a", b"1")
    disk.space = 0
    for _ in range(2):
        with pytest.raises(OSError, match="No space"):
            stage.publish("a", b"2")
    disk.space = 10_000
    stage.publish("a", b"3")
    assert stage.waits("x") == [b"1", b"3"]
    stage.start()
    assert stage.waits("x") == [b"1", b"3"]


async def test_damage_costs_what_is_damaged_and_is_said(tmp_path: Path) -> None:
    stage = Stage(tmp_path, segment_bytes=2_000)
    for number in range(9):
        stage.publish("a", b"%d" % number + bytes(500))
    files = sorted((tmp_path / "messages").iterdir())
    assert len(files) == 3
    data = bytearray(files[1].read_bytes())
    data[len(data) // 2] ^= 0xFF
    files[1].write_bytes(data)
    files[2].write_bytes(files[2].read_bytes()[:-10])  # a power cut
    stage.start()
    assert [one[:1] for one in stage.waits("x")] == [b"0", b"1", b"2", b"3", b"6", b"7"]
    assert "2 damaged files" in stage.health.problems["messages"]
    stage.publish("a", b"new")
    assert stage.drain("x")[-1] == b"new"


async def test_an_answer_is_bounded_and_the_rest_comes_with_the_next(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    for _ in range(6):
        stage.publish("a", bytes(1 << 20))
    first, second = stage.drain("x"), stage.drain("x")
    assert len(first) + len(second) == 6
    assert 0 < sum(map(len, first)) <= MOST_ANSWER


async def test_messages_of_a_time(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    at = []
    for number in range(4):
        await stage.clock.advance(1)
        at.append(stage.publish("ab"[number % 2], b"%d" % number).timestamp)
    stage.drain("x")

    def found(receiver: str, first: int, last: int, *publishers: str) -> list[bytes]:
        return [one.contentdata for one in stage.bus.between(receiver, first, last, publishers)]

    assert found("x", 0, at[-1], "a", "b") == [b"0", b"1", b"2", b"3"]
    assert found("x", at[1], at[2], "a", "b") == [b"1", b"2"]
    assert found("x", 0, at[-1], "b") == [b"1", b"3"]
    assert found("y", 0, at[-1], "a", "b") == [b"0", b"2"]  # b has no route to it
    assert found("x", 0, at[-1]) == []


async def test_time_does_not_go_back_by_a_little(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    first = stage.publish("a", b"").timestamp
    stage.clock.set_wall(stage.clock.now() - timedelta(seconds=30))
    assert stage.publish("a", b"").timestamp == first
    stage.start()
    assert stage.publish("a", b"").timestamp == first


async def test_a_clock_that_was_years_ahead_is_not_held_at_that(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    right = stage.clock.now()
    stage.clock.set_wall(right.replace(year=2099))
    ahead = stage.publish("a", b"ahead").timestamp
    for _ in range(2):
        stage.clock.set_wall(right)
        now = stage.publish("a", b"now").timestamp
        assert now == int(right.timestamp() * 1_000)
        stage.start()
    assert stage.waits("x") == [b"ahead", b"now", b"now"]
    found = stage.bus.between("x", 0, ahead, ["a"])
    assert [one.contentdata for one in found] == [b"now", b"now", b"ahead"]


ACTIONS = st.lists(
    st.sampled_from(["publish a", "publish b", "drain x", "drain y", "crash", "stop"]), max_size=40
)


@settings(max_examples=100, deadline=None)
@given(ACTIONS)
def test_everything_comes_at_least_once_in_order_and_once_where_nothing_crashes(
    actions: list[str],
) -> None:
    with TemporaryDirectory() as folder:
        stage = Stage(Path(folder), FakeDisk())
        sent: dict[str, list[bytes]] = {"x": [], "y": []}
        got: dict[str, list[bytes]] = {"x": [], "y": []}
        crashes = 0
        for number, action in enumerate(actions):
            verb, _, who = action.partition(" ")
            if verb == "publish":
                stage.publish(who, b"%d" % number)
                for receiver in ROUTES[who]:
                    sent[receiver].append(b"%d" % number)
            elif verb == "drain":
                got[who] += stage.drain(who)
            else:
                if verb == "stop":
                    anyio.run(stage.bus.flush)
                crashes += verb == "crash"
                stage.start()
        for who in "xy":
            got[who] += stage.drain(who)
            assert list(dict.fromkeys(got[who])) == sent[who]
            assert crashes or got[who] == sent[who]


async def test_a_file_that_cannot_be_read_costs_what_it_had_and_no_more(tmp_path: Path) -> None:
    stage = Stage(tmp_path, segment_bytes=400)
    for number in range(9):
        stage.publish("b", b"%d" % number * 50)
    names = SpoolFolder(tmp_path / "messages").names()
    assert len(names) > 2
    for name in (names[0], names[-1]):
        (tmp_path / "messages" / name).unlink()
        (tmp_path / "messages" / name / "x").mkdir(parents=True)
    stage.start()
    assert "2 damaged files" in stage.health.problems["messages"]
    left = stage.waits("x")
    assert 0 < len(left) < 9
    stage.publish("b", b"new")
    assert stage.waits("x") == [*left, b"new"]
    stage.start()
    assert stage.waits("x") == [*left, b"new"]
    assert stage.journal.damaged == 0
