"""After any changes exactly the wanted run, each alone."""

from collections import Counter

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.kit.keyed import Keyed, changes

pytestmark = pytest.mark.anyio

MAPS = st.dictionaries(st.sampled_from("abc"), st.integers(0, 2))


@given(MAPS, MAPS)
def test_after_the_changes_exactly_the_wanted_run(
    running: dict[str, int], wanted: dict[str, int]
) -> None:
    stop, start = changes(running, wanted)
    kept = {key: value for key, value in running.items() if key not in stop}
    assert kept | {key: wanted[key] for key in start} == wanted
    assert not kept.keys() & start
    assert changes(wanted, wanted) == (set(), set())


class Services:
    """Services that take a while to end."""

    def __init__(self) -> None:
        self.running: dict[str, int] = {}
        self.begun: Counter[tuple[str, int]] = Counter()

    async def run(self, key: str, value: int) -> None:
        assert key not in self.running, "two of one key"
        self.running[key] = value
        self.begun[key, value] += 1
        try:
            await anyio.sleep_forever()
        finally:
            with anyio.CancelScope(shield=True):
                for _ in range(3):
                    await anyio.lowlevel.checkpoint()
            del self.running[key]


async def settle() -> None:
    for _ in range(60):
        await anyio.lowlevel.checkpoint()


def in_a_loop(steps: list[tuple[dict[str, int], int]]) -> None:
    async def go() -> None:
        services = Services()
        async with anyio.create_task_group() as tasks:
            keyed = Keyed(tasks, services.run)
            for wanted, turns in steps:
                keyed.want(wanted)
                assert set(keyed) == set(wanted)
                for _ in range(turns):
                    await anyio.lowlevel.checkpoint()
            await settle()
            assert services.running == steps[-1][0]
            tasks.cancel_scope.cancel()
        assert services.running == {}

    anyio.run(go)


@given(st.lists(st.tuples(MAPS, st.integers(0, 4)), min_size=1, max_size=8))
def test_whatever_is_wanted_in_whatever_haste(steps: list[tuple[dict[str, int], int]]) -> None:
    in_a_loop(steps)


async def test_the_same_again_changes_nothing_and_a_change_that_is_taken_in_stops_nothing() -> None:
    services, adapted = Services(), list[tuple[str, int, int]]()

    def adapt(key: str, old: int, new: int) -> bool:
        adapted.append((key, old, new))
        return new != 9

    async with anyio.create_task_group() as tasks:
        keyed = Keyed(tasks, services.run, adapt)
        assert keyed.want({"a": 1, "b": 1}) == set()
        await settle()
        assert keyed.want({"a": 1, "b": 1}) == set()
        assert keyed.want({"a": 2, "b": 1}) == set()
        await settle()
        assert services.begun == {("a", 1): 1, ("b", 1): 1}
        assert keyed.want({"a": 9}) == {"a", "b"}
        await settle()
        assert (services.running, len(keyed)) == ({"a": 9}, 1)
        assert adapted == [("a", 1, 2), ("a", 2, 9)]
        tasks.cancel_scope.cancel()
