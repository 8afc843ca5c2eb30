"""Pause, tags and output: what is kept, and what counts."""

import logging
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.jobs.output import ScriptOutput
from forepost.agent.jobs.pause import PAUSE, AgentPause
from forepost.agent.jobs.tags import AgentTags
from forepost.kit.errors import Invalid
from forepost.kit.health import Health
from forepost.wire.jobs.agent_api import Tag
from forepost.wire.jobs.delivery import WantedTag
from tests.fakes.clock import START, FakeClock

pytestmark = pytest.mark.anyio


def health() -> Health:
    return Health(logging.getLogger("test"))


def pause(folder: Path, clock: FakeClock) -> AgentPause:
    return AgentPause(folder, clock, health())


async def test_a_pause_and_its_timer_survive_a_restart(tmp_path: Path) -> None:
    clock = FakeClock()
    pause(tmp_path, clock).pause(60)
    await clock.advance(30)
    again = pause(tmp_path, clock)
    assert again.is_paused
    assert again.resume_at == START + timedelta(seconds=60)
    await clock.advance(29)
    assert again.resume_at is not None
    await clock.advance(2)
    assert [again.is_paused, again.resume_at] == [False, None]
    assert not pause(tmp_path, clock).is_paused


async def test_a_pause_without_a_timer_ends_when_somebody_resumes(tmp_path: Path) -> None:
    clock = FakeClock()
    one = pause(tmp_path, clock)
    one.pause()
    await clock.advance(10**7)
    assert pause(tmp_path, clock).is_paused
    one.resume()
    assert [one.is_paused, pause(tmp_path, clock).is_paused] == [False, False]


async def test_a_new_timer_replaces_the_former_and_none_takes_it_away(tmp_path: Path) -> None:
    clock = FakeClock()
    one = pause(tmp_path, clock)
    one.pause(10)
    one.pause(100)
    await clock.advance(50)
    assert one.is_paused
    one.pause()
    await clock.advance(1_000)
    assert one.is_paused


async def test_a_clock_that_is_set_does_not_keep_an_agent_paused(tmp_path: Path) -> None:
    clock = FakeClock()
    one = pause(tmp_path, clock)
    one.pause(60)
    clock.set_wall(START - timedelta(days=9_000))
    assert one.is_paused
    await clock.advance(61)
    assert not one.is_paused


async def test_a_pause_file_that_is_spoilt_is_set_aside(tmp_path: Path) -> None:
    clock = FakeClock()
    pause(tmp_path, clock).pause()
    (tmp_path / PAUSE).write_bytes(b"nonsense")
    assert not pause(tmp_path, clock).is_paused
    assert (tmp_path / f"{PAUSE}.damaged").exists()


def tag(name: str, value: str) -> Tag:
    return Tag(name=name, value=value)


def wanted(name: str, value: str, number: int) -> WantedTag:
    return WantedTag(tag=tag(name, value), number=number)


def own_tags(
    folder: Path, base: dict[str, str], clock: FakeClock, *, knows: bool = True
) -> AgentTags:
    return AgentTags(folder, base, health(), clock, lambda: clock.now() if knows else None)


async def test_what_was_set_last_counts(tmp_path: Path) -> None:
    clock = FakeClock()
    at = int(clock.now().timestamp() * 1_000)
    tags = own_tags(tmp_path, {"SITE": "base", "ONLY": "base"}, clock)
    tags.want([wanted("SITE", "controller", at)])
    assert tags.all == {"SITE": "controller", "ONLY": "base"}
    tags.set([tag("SITE", "here")])
    tags.want([wanted("SITE", "controller", at)])
    assert tags.all["SITE"] == "here", "it has heard that before"
    again = own_tags(tmp_path, {"SITE": "base"}, clock)
    again.want([wanted("SITE", "controller", at)])
    assert again.all["SITE"] == "here"
    await clock.advance(10)
    again.set([tag("SITE", "here again")])
    again.want([wanted("SITE", "set meanwhile", at + 5_000)])
    assert again.all["SITE"] == "here again", "it is newer than what comes only now"
    again.want([wanted("SITE", "newer", at + 11_000)])
    assert again.all["SITE"] == "newer"


async def test_a_tag_that_the_controller_removes_is_gone_until_somebody_sets_it(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    at = int(clock.now().timestamp() * 1_000)
    tags = own_tags(tmp_path, {"SITE": "base"}, clock)
    tags.want([WantedTag(tag=tag("SITE", ""), number=at, is_removed=True)])
    assert tags.all == {}
    assert own_tags(tmp_path, {"SITE": "base"}, clock).listed == []
    tags.set([tag("SITE", "here")])
    tags.want([WantedTag(tag=tag("SITE", ""), number=at, is_removed=True)])
    assert tags.all == {"SITE": "here"}


async def test_a_tag_that_was_set_by_a_wrong_clock_wins_until_the_right_one_is_known(
    tmp_path: Path,
) -> None:
    ahead, clock = FakeClock(START + timedelta(days=900)), FakeClock()
    at = int(clock.now().timestamp() * 1_000)
    own_tags(tmp_path, {}, ahead, knows=False).set([tag("SITE", "here")])
    tags = own_tags(tmp_path, {}, clock)
    tags.want([wanted("SITE", "before", at - 1)])
    assert tags.all["SITE"] == "here"
    tags.want([wanted("SITE", "later", at + 1)])
    assert tags.all["SITE"] == "later"


def test_what_is_every_agent_s_own_is_not_set(tmp_path: Path) -> None:
    tags = own_tags(tmp_path, {}, FakeClock())
    with pytest.raises(Invalid, match="AGENT_ID"):
        tags.set([tag("A", "1"), tag("AGENT_ID", "1")])
    assert tags.all == {}
    assert tags.want([wanted("AGENT_NAME", "x", 1), wanted("B", "2", 1)]) == [
        "tag AGENT_NAME: it is the agent's own, or there are too many"
    ]
    assert tags.all == {"B": "2"}


def test_tags_are_bounded(tmp_path: Path) -> None:
    tags = own_tags(tmp_path, {"BASE": ""}, FakeClock())
    tags.set([tag(f"N{number}", "") for number in range(499)])
    with pytest.raises(Invalid, match="500"):
        tags.set([tag("MORE", "")])
    assert tags.want([wanted("MORE", "", 1)]) != []
    tags.set([tag("N1", "other")])
    assert tags.all["N1"] == "other"


@given(st.lists(st.binary(max_size=40), max_size=20), st.integers(1, 30))
def test_output_keeps_its_beginning_and_its_end(pieces: list[bytes], most: int) -> None:
    output, whole = ScriptOutput(most), b"".join(pieces)
    for piece in pieces:
        output.add(piece)
    kept = output.kept
    plain = whole.decode("latin-1").isascii() and b"\0" not in whole
    if plain:
        assert kept.head == whole[:most].decode()
        assert kept.tail == whole[max(most, len(whole) - most) :].decode()
    assert kept.left_out_bytes == max(0, len(whole) - 2 * most)
    assert len(kept.head) <= most
    assert len(kept.tail) <= most
    assert "\0" not in kept.head + kept.tail


@given(st.text(max_size=60), st.integers(1, 9), st.integers(4, 16))
def test_pieces_are_the_whole_and_cut_no_character(text: str, step: int, most: int) -> None:
    output, data = ScriptOutput(1 << 10), text.encode()
    for at in range(0, len(data), step):
        output.add(data[at : at + step])
    offset, found = 0, ""
    while (piece := output.since(offset, most))[1]:
        assert piece[0] == offset
        found += piece[1]
        offset = piece[2]
    assert found == text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def test_a_piece_that_is_not_kept_any_more_is_left_out() -> None:
    output = ScriptOutput(8)
    output.add(b"0123456789abcdefghijklmnop")
    assert output.since(0, 100) == (0, "01234567", 8)
    assert output.since(8, 100) == (18, "ijklmnop", 26)
    assert output.since(26, 100)[1] == ""
