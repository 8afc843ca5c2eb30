"""A panel that does not read costs a bounded amount of memory, and is told what it missed."""

import json

import pytest

from forepost.controller.live.hub import QUEUE, QUEUE_BYTES, Hub, Watcher
from forepost.controller.results.rows import shown
from tests.controller.series.series_rows import START, row

pytestmark = pytest.mark.anyio


async def drained(watcher: Watcher, count: int) -> list[bytes]:
    return [await watcher.next() for _ in range(count)]


async def test_frames_beyond_the_queue_are_counted_in_a_gap() -> None:
    hub, watcher = Hub(shown), Watcher()
    hub.watch(watcher, 1, 0)
    for n in range(QUEUE + 40):
        hub.publish(1, [row(START + n, n)])
    frames = await drained(watcher, QUEUE + 1)
    assert json.loads(frames[-1]) == {"type": "gap", "dropped": 40}
    hub.publish(1, [row()])
    assert json.loads(await watcher.next())["type"] == "probe_data"


async def test_large_frames_are_bounded_by_their_bytes_and_one_always_fits() -> None:
    hub, watcher = Hub(shown), Watcher("event")
    hub.watch(watcher, 1, 5)
    large = json.dumps({"type": "network_map_update", "x": "x" * (QUEUE_BYTES // 2)}).encode()
    for _ in range(10):
        hub.announce(1, large)
    frames = await drained(watcher, 2)
    assert sum(map(len, frames[:-1])) <= QUEUE_BYTES
    assert json.loads(frames[-1]) == {"event": "gap", "data": {"dropped": 9}}
    huge = json.dumps({"type": "t", "x": "x" * (2 * QUEUE_BYTES)}).encode()
    hub.announce(1, huge)
    assert json.loads(await watcher.next())["event"] == "t"


async def test_a_stranger_sees_results_and_nothing_else_of_the_workspace() -> None:
    hub, member, stranger = Hub(shown), Watcher(), Watcher("event", stranger=True)
    for watcher in (member, stranger):
        hub.watch(watcher, 1, row().probe_id)
    hub.announce(1, b'{"type":"alert_update"}')
    hub.publish(1, [row()])
    assert json.loads(await member.next())["type"] == "alert_update"
    assert json.loads(await stranger.next())["event"] == "probe_data"


async def test_a_workspace_is_watched_while_somebody_does() -> None:
    hub, one, other = Hub(shown), Watcher(), Watcher()
    hub.watch(one, 1, 0)
    hub.watch(one, 1, 3)
    hub.watch(other, 2, 0)
    hub.watch(other, 1, 0)
    assert sorted(hub.workspaces) == [1, 2]
    hub.unwatch(one, 1, 0)
    assert one.workspaces == {1}
    hub.shut_out(other, 1)
    assert other.watched == {(2, 0)}
    hub.shut_out(one, 1)
    assert list(hub.workspaces) == [2]
    hub.gone(other)
    assert list(hub.workspaces) == []
    hub.announce(1, b"{}")
    hub.publish(1, [row()])
