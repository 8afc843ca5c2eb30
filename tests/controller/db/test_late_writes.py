"""What waits to be written: the newest of each, once, and not lost by a database that is away."""

from collections.abc import Mapping

import pytest

from forepost.controller.db.late_writes import LateWrites

pytestmark = pytest.mark.anyio


class Store:
    def __init__(self) -> None:
        self.written: list[dict[int, str]] = []
        self.late = LateWrites("what the test says", self.save)
        self.fails: Exception | None = None
        self.meanwhile = ""

    async def save(self, changed: Mapping[int, str]) -> None:
        if self.meanwhile:
            self.late.put(1, self.meanwhile)
        if self.fails is not None:
            raise self.fails
        self.written.append(dict(changed))


async def test_the_newest_of_each_is_written_once() -> None:
    store = Store()
    assert await store.late.flush() == {}
    store.late.put(1, "old")
    store.late.put(1, "new")
    store.late.put(2, "other")
    await store.late.some()
    assert await store.late.flush() == {1: "new", 2: "other"}
    assert await store.late.flush() == {}
    assert store.written == [{1: "new", 2: "other"}]


async def test_what_cannot_be_written_waits_and_what_came_meanwhile_counts() -> None:
    store = Store()
    store.late.put(1, "old")
    store.late.put(2, "other")
    store.fails, store.meanwhile = LookupError("of the test"), "newer"
    with pytest.raises(LookupError):
        await store.late.flush()
    assert store.late.waiting == {1: "newer", 2: "other"}
    await store.late.some()
    store.fails, store.meanwhile = None, ""
    await store.late.flush()
    assert store.written == [{1: "newer", 2: "other"}]


async def test_a_database_that_is_away_is_no_reason_not_to_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = Store()
    store.late.put(1, "x")
    store.fails = OSError("there is none")
    await store.late.flush_at_the_end()
    assert "what the test says is not kept: there is none" in caplog.text
