"""A destination becomes what its source is: what is beside that, and what was changed there."""

from pathlib import Path

import pytest

from forepost.wire.jobs.job import TransferSettings
from tests.agent.transfer.engines import Site, running, until
from tests.agent.transfer.sides import Side, close

pytestmark = pytest.mark.anyio
CLEARED = TransferSettings(delete_extraneous=True, ignore=["*.tmp"])


def fill(side: Side, *names: str) -> None:
    for name in names:
        (side.root / name).parent.mkdir(parents=True, exist_ok=True)
        (side.root / name).write_text(name)


@pytest.mark.parametrize("is_cleared", [True, False])
def test_what_no_source_has_goes_to_the_archive_or_stays(
    quick_place: Path, is_cleared: bool
) -> None:
    (quick_place / "one").mkdir()
    one = Side(quick_place, "one", type="distribution")
    settings = CLEARED if is_cleared else TransferSettings()
    two = Side(quick_place, "two", type="distribution", permission="ro", settings=settings)
    fill(one, "a", "d/b")
    extra = ("a.extra", "d/extra", "e/f/extra", "g/extra", "g/kept.tmp")
    fill(two, "a", *extra)
    for _ in range(2):
        one.scan()
        two.scan()
        assert two.pull(one)
        files = {name for name, data in two.tree().items() if data is not None}
        if is_cleared:
            assert files == {"a", "d/b", "g/kept.tmp"}
            assert not (two.root / "e").exists()
            assert {name.encode() for name in extra[:4]} <= two.archived()
        else:
            assert files == {"a", "d/b", *extra}
            assert not two.archived()
    close([one, two])


async def test_an_engine_puts_right_what_is_changed_at_a_destination(tmp_path: Path) -> None:
    one, two = Site(tmp_path, "one"), Site(tmp_path, "two")
    one.root.mkdir()
    two.root.mkdir()
    for name in ("a", "b", "c"):
        (one.root / name).write_text(name)
    (two.root / "extra").write_text("extra")
    async with running(one, two):
        one.want([one.task(two.peer("ro"), type="distribution")])
        said = {"type": "distribution", "permission": "ro", "settings": CLEARED}
        two.want([two.task(one.peer(), **said)])
        await until(lambda: two.files() == one.files() and len(two.files()) == 3, two.status)
        (two.root / "a").write_text("changed")
        (two.root / "b").unlink()
        (two.root / "new").write_text("new")
        await until(lambda: two.files() == one.files(), lambda: (two.status(), two.files()))
        await until(lambda: two.status().status == "seeding", two.status)
        kept = (two.root / ".sync" / "Archive").rglob("*")
        assert {path.read_text() for path in kept} == {"changed", "new", "extra"}
