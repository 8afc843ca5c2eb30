"""Which address of its controller an agent talks to."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream

from forepost.agent.node import Identity, Node
from forepost.agent.uplink.address import (
    AGAIN_SEC,
    AWAY_SEC,
    HOME_EVERY,
    SUBJECT,
    TRIES,
    Moved,
    Moves,
)
from forepost.kit.health import Health
from tests.fakes.clock import START, FakeClock
from tests.free_ports import free_port

HERE = Identity(url="https://here.example", workspace_id=1, agent_id=1, psk="k")


class Home:
    def __init__(self, folder: Path, identity: Identity = HERE) -> None:
        self.clock = FakeClock()
        self.health = Health(logging.getLogger("test"))
        self.node = Node(name="", version="", state_dir=folder, started_at=START)
        self.node.keep(identity)
        self.moves = Moves(self.node, self.clock, self.health, allowed=True, allow_plain=True)
        self.moves.start(identity)

    @property
    def problem(self) -> str:
        return self.health.problems.get(SUBJECT, "")

    async def asleep(self) -> None:
        """Something waits for time to pass."""
        for _ in range(2_000):
            if self.clock.sleepers:
                return
            await anyio.sleep(0.01)
        raise AssertionError("nobody waits")

    async def gives_up(self, there: str) -> None:
        """Nobody answers there, three times with short pauses."""
        for pauses in range(TRIES - 1):
            await self.asleep()
            assert self.problem == "", f"after {pauses + 1} tries"
            await self.clock.advance(TRIES)
        await self.asleep()
        assert there in self.problem

    def tries(self, count: int) -> list[str]:
        """None of which works."""
        found = []
        for _ in range(count):
            found.append(self.moves.turn().url)
            self.moves.failed("cut off")
        return found


def away(home: str) -> Identity:
    return Identity(url=HERE.url, home=home, workspace_id=1, agent_id=1, psk="k")


def test_at_home_every_fourth_time_while_nothing_works(tmp_path: Path) -> None:
    house = Home(tmp_path, away("https://home.example"))
    tried = house.tries(2 * HOME_EVERY)
    assert tried == [HERE.url, HERE.url, HERE.url, "https://home.example"] * 2
    house.tries(HOME_EVERY - 1)
    home = house.moves.turn()
    house.moves.worked(home)
    assert house.node.identity() == home
    assert (home.url, home.home) == ("https://home.example", "")
    assert set(house.tries(9)) == {"https://home.example"}


def test_never_down_to_a_plain_home(tmp_path: Path) -> None:
    """Whoever cuts off the new address would have the key."""
    house = Home(tmp_path, away("http://home.example"))
    assert set(house.tries(20)) == {HERE.url}
    house = Home(tmp_path, away("http://127.0.0.1:1"))
    assert "http://127.0.0.1:1" in house.tries(HOME_EVERY)


def test_a_key_that_a_join_brought_is_used(tmp_path: Path) -> None:
    house = Home(tmp_path)
    new = Identity(url=HERE.url, workspace_id=1, agent_id=1, psk="new")
    house.node.keep(new)
    assert house.moves.turn() == new
    other = Identity(url=HERE.url, workspace_id=1, agent_id=2, psk="other")
    house.node.keep(other)  # another agent needs other settings
    assert house.moves.turn() == new


@pytest.mark.anyio
async def test_an_address_that_nobody_answers_at_is_tried_every_ten_minutes(
    tmp_path: Path,
) -> None:
    house = Home(tmp_path)
    there = f"https://127.0.0.1:{free_port()}"

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(house.moves.consider, there)
        await house.gives_up(there)
        assert f"going on at {HERE.url}" in house.problem
        assert house.moves.turn() == HERE
        await house.clock.advance(AGAIN_SEC - 1)
        assert house.clock.sleepers == 1
        house.moves.worked(HERE)  # another conversation at the old address
        assert house.problem == ""
        tasks.cancel_scope.cancel()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(house.moves.consider, there)
        await house.asleep()
        assert there in house.problem  # it waits for the rest of the ten minutes
        tasks.cancel_scope.cancel()


class Listed:
    """A controller that knows whoever asks, but for the first times, when it says nothing."""

    def __init__(self, silent: int = 0) -> None:
        self.left, self.asked = silent, 0

    async def serve(self, stream: SocketStream) -> None:
        self.asked += 1
        async with stream:
            await stream.receive()
            if self.left:
                self.left -= 1
                return
            await stream.send(b'HTTP/1.1 200 \r\nContent-Length: 15\r\n\r\n{"status":"ok"}')


@asynccontextmanager
async def told_of(listed: Listed, folder: Path) -> AsyncIterator[tuple[Home, str]]:
    """An agent, and the address of that controller."""
    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(listener.serve, listed.serve)
        here = Identity(url="http://localhost:1", workspace_id=1, agent_id=1, psk="k")
        yield (
            Home(folder, here),
            f"http://127.0.0.1:{listener.extra(SocketAttribute.local_port)}",
        )
        tasks.cancel_scope.cancel()


@pytest.mark.anyio
async def test_a_first_answer_that_gets_lost_is_asked_for_again(tmp_path: Path) -> None:
    listed = Listed(silent=TRIES - 1)
    async with told_of(listed, tmp_path) as (house, there), anyio.create_task_group() as tasks:

        async def moves() -> None:
            with pytest.raises(Moved):
                await house.moves.consider(there)
            tasks.cancel_scope.cancel()

        tasks.start_soon(moves)
        while True:  # until it has moved
            await house.asleep()
            await house.clock.advance(TRIES)
    assert listed.asked == TRIES
    assert (house.moves.turn().url, house.problem) == (there, "")


@pytest.mark.anyio
async def test_a_first_conversation_that_fails_is_tried_again(tmp_path: Path) -> None:
    async with told_of(Listed(), tmp_path) as (house, there):
        with pytest.raises(Moved):
            await house.moves.consider(there)
        house.moves.failed("the rest of the conversation that ends by it")
        assert house.tries(TRIES - 1) == [there] * (TRIES - 1)
        assert house.problem == ""
        new = house.moves.turn()
        house.moves.worked(new)
        assert (new.url, house.node.identity()) == (there, new)
        assert house.tries(HOME_EVERY)[:-1] == [there] * (HOME_EVERY - 1)


@pytest.mark.anyio
async def test_after_three_that_fail_the_agent_is_back_for_ten_minutes(tmp_path: Path) -> None:
    async with told_of(Listed(), tmp_path) as (house, there):
        with pytest.raises(Moved):
            await house.moves.consider(there)
        assert house.tries(TRIES + 1) == [there] * TRIES + ["http://localhost:1"]
        assert house.problem == (
            f"{there}: no conversation comes about there (cut off); going on at http://localhost:1"
        )
        house.moves.worked(house.moves.turn())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(house.moves.consider, there)
            await house.asleep()
            await house.clock.advance(AGAIN_SEC - 1)
            assert house.moves.turn().url == "http://localhost:1"
            tasks.cancel_scope.cancel()
        await house.clock.advance(1)
        with pytest.raises(Moved):  # and then as often again
            await house.moves.consider(there)


@pytest.mark.anyio
async def test_no_further_conversation_is_tried_after_half_a_minute(tmp_path: Path) -> None:
    """Somebody is there who takes his time for each: results wait meanwhile."""
    async with told_of(Listed(), tmp_path) as (house, there):
        with pytest.raises(Moved):
            await house.moves.consider(there)
        assert house.moves.turn().url == there
        await house.clock.advance(AWAY_SEC)
        assert house.tries(2) == [there, "http://localhost:1"]


@pytest.mark.anyio
async def test_two_that_name_each_other_do_not_have_it_to_and_fro(tmp_path: Path) -> None:
    async with told_of(Listed(), tmp_path) as (house, there), anyio.create_task_group() as tasks:
        with pytest.raises(Moved):
            await house.moves.consider(there)
        house.moves.worked(house.moves.turn())
        assert (house.moves.url, house.problem) == (there, "")
        tasks.start_soon(house.moves.consider, "http://localhost:1")
        await house.asleep()
        assert house.problem == f"{there} names another address, and this agent has just come"
        assert house.moves.turn().url == there
        tasks.cancel_scope.cancel()


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"status":"deleted","error":"agent_deleted"}', "it has removed this agent"),
        (b"<h1>Gone</h1>", "something else may be at this address"),
    ],
)
async def test_only_a_controller_says_that_it_removed_an_agent(
    tmp_path: Path, body: bytes, said: str
) -> None:
    async def gone(stream: SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(b"HTTP/1.1 410 \r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    async with (
        await anyio.create_tcp_listener(local_host="127.0.0.1") as listener,
        anyio.create_task_group() as tasks,
    ):
        tasks.start_soon(listener.serve, gone)
        house = Home(
            tmp_path, Identity(url="http://localhost:1", workspace_id=1, agent_id=1, psk="k")
        )
        port = listener.extra(SocketAttribute.local_port)
        tasks.start_soon(house.moves.consider, f"http://127.0.0.1:{port}")
        for _ in range(TRIES):
            await house.asleep()
            if not house.problem:
                await house.clock.advance(TRIES)
        assert said in house.problem
        tasks.cancel_scope.cancel()


@pytest.mark.anyio
async def test_what_may_not_be_is_said_and_not_tried(tmp_path: Path) -> None:
    house = Home(tmp_path)
    await house.moves.consider("http://127.0.0.1:1")
    assert "is encrypted, and that is not" in house.problem
    await house.moves.consider(HERE.url)
    assert house.moves.turn() == HERE
