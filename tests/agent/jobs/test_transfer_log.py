"""What is kept of what the engine told, and what of it the controller is told."""

import logging
from pathlib import Path
from typing import Any

import pytest

from forepost.agent.jobs.transfer_log import MOST, TransferLog
from forepost.kit.health import Health
from forepost.wire.jobs.transfer import TransferEvent
from tests.fakes.clock import FakeClock

pytestmark = pytest.mark.anyio
RUN, OTHER = "a" * 32, "b" * 32


def log(folder: Path, clock: FakeClock) -> TransferLog:
    return TransferLog(folder, Health(logging.getLogger("test")), clock)


def event(text: str, kind: Any = "conflict", at_ms: int = 1_000) -> TransferEvent:
    return TransferEvent(key="job:x", kind=kind, text=text, at_ms=at_ms)


def texts(found: TransferLog, most: int = 100) -> list[str]:
    return [one.text for one in found.untold(most)]


async def test_it_is_told_until_it_is_kept_also_after_a_restart(tmp_path: Path) -> None:
    clock = FakeClock()
    found = log(tmp_path, clock)
    for text in ("a", "b", "c"):
        found.add(event(text), RUN, is_of_controller=True)
    found.add(event("of the site"), OTHER, is_of_controller=False)
    found.add(event("came", "received"), RUN, is_of_controller=True)
    assert texts(found) == ["a", "b", "c"]
    assert texts(found, 2) == ["a", "b"]
    found.kept(found.untold(2)[-1].number)
    assert texts(found) == ["c"]
    found.settle()
    again = log(tmp_path, clock)
    assert texts(again) == ["c"]
    assert [one.text for one in found.of(RUN)] == ["a", "b", "c", "came"]
    assert [one.text for one in again.of(RUN)] == ["a", "b", "c"], "what came and went is in RAM"
    assert [one.text for one in again.of(OTHER)] == ["of the site"]
    again.add(event("d"), RUN, is_of_controller=True)
    numbers = [one.number for one in again.of(RUN)]
    assert numbers == sorted(set(numbers))
    again.kept(1 << 52)
    assert texts(again) == ["c", "d"], "a number that it never gave says nothing"


async def test_what_is_said_again_and_again_is_one_event(tmp_path: Path) -> None:
    found = log(tmp_path, FakeClock())
    for at_ms in (1_000, 2_000, 3_000):
        found.add(event("disk", "error", at_ms), RUN, is_of_controller=True)
    assert texts(found) == ["disk"]
    found.add(event("disk", "error", 4_000_000), RUN, is_of_controller=True)
    assert texts(found) == ["disk", "disk"]


async def test_what_is_too_much_is_left_out_and_that_is_told(tmp_path: Path) -> None:
    found = log(tmp_path, FakeClock())
    for n in range(MOST + 7):
        found.add(event(f"{n}"), RUN, is_of_controller=True)
    first, *others = found.untold(10_000)
    assert first.kind == "left_out"
    assert first.text.startswith("7 events")
    assert [one.text for one in others] == [f"{n}" for n in range(7, MOST + 7)]
    found.kept(others[-1].number)
    found.add(event("more"), RUN, is_of_controller=True)
    assert texts(found) == ["more"], "what the controller has may go"
