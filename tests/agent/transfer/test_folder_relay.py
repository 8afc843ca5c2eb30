"""Members that reach each other only through a relay, whatever it makes of their bytes."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from forepost.agent.edges.peers.channel import RelayRefused
from forepost.agent.transfer import relay_lines as lines
from forepost.agent.transfer.folder_relay import line_of
from forepost.agent.transfer.relay_lines import RelayLines
from forepost.wire.jobs.members import Purpose
from forepost.wire.jobs.transfer import RelayAccess, TransferTask
from tests.agent.transfer.engines import Site, running, until
from tests.fakes.relay import Lie, LyingRelay

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180)]
RUN = "ab" * 16


@pytest.fixture
async def relay() -> AsyncIterator[LyingRelay]:
    async with LyingRelay().running() as found:
        yield found


def want(relay: LyingRelay, *sites: Site, access: RelayAccess | None = None) -> None:
    """The same folder at all of them."""
    for site in sites:
        peers = [other.peer() for other in sites if other is not site]
        site.want([task(site, *peers)], access or relay.access)


def task(site: Site, *peers: object) -> TransferTask:
    return msgspec.structs.replace(site.task(*peers), run=RUN)  # type: ignore[arg-type]


def peers(*sites: Site) -> list[tuple[int, int]]:
    """Of each: how many, and how many of them by the relay."""
    found = (site.status() for site in sites)
    return [(one.peers_count, one.peers_count_proxied) for one in found]


def in_step(*sites: Site) -> bool:
    first, *others = (site.files() for site in sites)
    return bool(first) and all(one == first for one in others)


def two(place: Path, *, listens: bool = False) -> tuple[Site, Site]:
    one, two = Site(place, "one", listens=listens), Site(place, "two", listens=False)
    for site in (one, two):
        site.root.mkdir()
    (one.root / "a").write_bytes(os.urandom(3 << 20))
    (two.root / "b").write_text("from two")
    return one, two


async def test_a_folder_goes_both_ways_and_ends_with_the_membership(
    tmp_path: Path, relay: LyingRelay
) -> None:
    one, other = two(tmp_path)
    async with running(one, other):
        want(relay, one, other)
        await until(lambda: in_step(one, other) and len(one.files()) == 2, lambda: relay.asked)
        await until(lambda: peers(one, other) == [(1, 1), (1, 1)])
        assert set(relay.keys) == {"key"}
        assert {asked["run"] for asked in relay.asked} == {RUN}
        await relay.cut()  # what is written meanwhile comes when there is a line again
        (other.root / "c").write_text("later")
        await until(lambda: in_step(one, other) and len(one.files()) == 3)
        other_access = msgspec.structs.replace(relay.access, headers={"X-Agent-PSK": "another"})
        want(relay, one, other, access=other_access)
        await until(lambda: "another" in relay.keys)
        await until(lambda: one.status().peers_count_proxied == 1)
        one.want([task(one)], relay.access)
        await until(lambda: one.status().peers_count == 0)
        await until(lambda: other.status().peers_count == 0)
        (one.root / "secret").write_text("of one alone")
        await until(lambda: one.status().files_total == 4, one.status)
        assert "secret" not in other.files()


@pytest.mark.parametrize("lie", [lie for lie in get_args(Lie) if lie])
async def test_a_relay_that_lies_harms_nothing(tmp_path: Path, relay: LyingRelay, lie: Lie) -> None:
    one, other = two(tmp_path)
    relay.lie = lie
    async with running(one, other):
        want(relay, one, other)
        await until(lambda: len(relay.asked) >= 4 or (lie == "silent" and len(relay.asked) >= 2))
        assert (len(one.files()), len(other.files())) == (1, 1)
        assert one.status().peers_count == other.status().peers_count == 0
        relay.lie = ""
        await relay.cut()
        await until(lambda: in_step(one, other) and len(one.files()) == 2, lambda: relay.asked)


async def test_a_bit_that_is_flipped_later_ends_the_line_and_nothing_else(
    tmp_path: Path, relay: LyingRelay
) -> None:
    one, other = two(tmp_path)
    async with running(one, other):
        want(relay, one, other)
        await until(lambda: in_step(one, other) and len(one.files()) == 2)
        relay.lie = "flips"
        (one.root / "d").write_bytes(os.urandom(1 << 20))
        await until(lambda: one.status().peers_count == 0)
        relay.lie = ""
        await until(lambda: in_step(one, other) and len(one.files()) == 3)


async def test_a_direct_line_is_preferred_and_changed_over_to(
    tmp_path: Path, relay: LyingRelay
) -> None:
    one, other = two(tmp_path, listens=True)
    async with running(one, other):
        want(relay, one, other)
        await until(lambda: in_step(one, other) and len(one.files()) == 2)
        assert not relay.asked
        assert one.status().peers_count_proxied == 0


async def test_a_line_that_becomes_direct_leaves_the_relay(
    tmp_path: Path, relay: LyingRelay
) -> None:
    one, other = two(tmp_path, listens=True)
    nameless = msgspec.structs.replace(one.peer(), address="")
    async with running(one, other):
        one.want([task(one, other.peer())], relay.access)
        other.want([task(other, nameless)], relay.access)
        await until(lambda: one.status().peers_count_proxied == 1, lambda: relay.asked)
        await until(lambda: in_step(one, other) and len(one.files()) == 2)
        other.want([task(other, one.peer())], relay.access)
        await until(lambda: peers(one, other) == [(1, 0), (1, 0)])
        await until(lambda: not relay.lines)
        (one.root / "e").write_bytes(os.urandom(1 << 20))
        await until(lambda: in_step(one, other) and len(one.files()) == 3)


async def test_no_more_pairs_than_may_be_and_none_without_a_controller(relay: LyingRelay) -> None:
    known = RelayLines()
    with pytest.raises(RelayRefused):
        async with known.line(RUN, "A", "B", 0, b"c"):
            pass
    known.want(relay.access)
    for n in range(lines.MOST_PAIRS):
        known.use((RUN, f"{n}"))
    with pytest.raises(RelayRefused, match="no more"):
        async with known.line(RUN, "A", "B", 0, b"c"):
            pass
    assert not relay.asked


def test_both_sides_call_a_line_the_same() -> None:
    others: dict[Purpose, Purpose] = {"control": "control", "give": "take", "take": "give"}
    found = {(mine, line_of(mine, "A", "B")) for mine in others}
    assert found == {(mine, line_of(others[mine], "B", "A")) for mine in others}
    assert len({number for _, number in found}) == 3
