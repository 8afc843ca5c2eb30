"""How many addresses the groups of a workspace may have."""

from pathlib import Path

import pytest

from forepost.controller.db.engine import Database
from forepost.controller.groups.store import Groups
from forepost.kit.errors import Invalid
from forepost.wire.flows.groups import GroupPatch, NewGroup
from tests.metadata import sqlite_url
from tests.rows import THEN, home

pytestmark = pytest.mark.anyio


async def test_more_than_agents_can_be_given_is_refused_by_its_field(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forepost.controller.groups.store.MOST_IN_ALL", 3)
    db = Database.at(sqlite_url(tmp_path))
    await home(db)
    groups = Groups(db)
    two = ["192.0.2.1", "192.0.2.2"]
    first = await groups.add(1, NewGroup(name="first", addresses=two), THEN)
    with pytest.raises(Invalid, match="addresses: the groups of a workspace have"):
        await groups.add(1, NewGroup(name="second", addresses=two), THEN)
    second = await groups.add(1, NewGroup(name="second", addresses=two[:1]), THEN)
    with pytest.raises(Invalid, match="add: the groups of a workspace have"):
        await groups.change(1, second.id, GroupPatch(add=two), THEN)
    with pytest.raises(Invalid, match="addresses: the groups of a workspace have"):
        await groups.change(1, second.id, GroupPatch(addresses=two), THEN)
    await groups.change(1, first.id, GroupPatch(remove=two), THEN)
    assert (await groups.change(1, second.id, GroupPatch(add=two), THEN)).count == 2
    await db.close()
