"""Groups of one database are not taken for those of another, whatever their numbers are."""

from datetime import timedelta
from pathlib import Path

import pytest

from forepost.controller.db.engine import Database
from forepost.controller.groups.parts import heads_for, revision_of
from forepost.controller.groups.store import Groups
from forepost.wire.flows.groups import GroupPatch, NewGroup
from tests.metadata import sqlite_url
from tests.rows import THEN, home

pytestmark = pytest.mark.anyio


async def revision_at(folder: Path, address: str, minutes: int) -> str:
    """What agent 1 of a new controller is given as the revision of its one group."""
    db = Database.at(sqlite_url(folder))
    try:
        await home(db)
        groups, now = Groups(db), THEN + timedelta(minutes=minutes)
        made = await groups.add(1, NewGroup(name="g"), now)
        assert (made.id, made.revision) == (1, 1)
        await groups.change(1, 1, GroupPatch(addresses=[address]), now)
        assert await groups.heads(1) == await groups.heads(1)
        return revision_of(heads_for(1, await groups.heads(1)))
    finally:
        await db.close()


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    """One for each controller."""
    found = [tmp_path / "there", tmp_path / "here"]
    for folder in found:
        folder.mkdir()
    return found


async def test_an_agent_of_another_controller_is_given_the_groups_of_this_one(
    folders: list[Path],
) -> None:
    """It says what it has of there, also where one's data were brought back from a copy."""
    there = await revision_at(folders[0], "192.0.2.1", 1)
    here = await revision_at(folders[1], "198.51.100.1", 2)
    assert there != here
