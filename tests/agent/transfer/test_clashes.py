"""Names that are two for one member and one for another: nothing vanishes, and it is told."""

from pathlib import Path

import anyio
import pytest

from tests.agent.transfer.engines import Site, running, until
from tests.agent.transfer.sides import Side, close
from tests.lab.folding_disk import folding

pytestmark = pytest.mark.anyio
COMPOSED, APART = "caf\u00e9", "cafe\u0301"


def pull(side: Side, other: Side) -> bool:
    for _ in range(4):
        side.scan(*side.look_again)
        if side.pull(other):
            return True
    return False


@pytest.mark.parametrize(
    ("how", "names"), [("case", ("readme", "README")), ("form", (COMPOSED, APART))]
)
def test_both_sides_keep_what_they_have(tmp_path: Path, how: str, names: tuple[str, str]) -> None:
    first, second = sorted(names)
    with folding(tmp_path / "disk", tmp_path / "two", how):
        one, two = Side(tmp_path, "one"), Side(tmp_path, "two")
        (one.root / first).write_text("of one")
        (one.root / "other").write_text("other")
        (two.root / second).write_text("of two")
        one.scan()
        two.scan()
        for _ in range(2):
            assert not pull(two, one)
            assert two.tree() == {second: b"of two", "other": b"other"}
            [trouble] = two.opened.intake.troubles.values()
            assert trouble.path == first.encode()
            assert second in trouble.reason
            assert pull(one, two)
            assert one.tree() == {first: b"of one", second: b"of two", "other": b"other"}
            two.scan()
        # Who gives way makes room.
        (one.root / second).unlink()
        one.scan()
        assert pull(two, one)
        assert two.tree() == one.tree() == {first: b"of one", "other": b"other"}
        close([one, two])


def test_two_names_that_come_at_once_and_folders_and_links_too(tmp_path: Path) -> None:
    with folding(tmp_path / "disk", tmp_path / "two", "case"):
        one, two = Side(tmp_path, "one"), Side(tmp_path, "two")
        for name in ("file", "FILE"):
            (one.root / name).write_text(name)
            (one.root / f"folder {name}").mkdir()
            (one.root / f"folder {name}" / "in").write_text(name)
            (one.root / f"link {name}").symlink_to(name)
            (one.root / f"empty {name}").touch()
        one.scan()
        assert not pull(two, one)
        assert two.tree() == {
            "FILE": b"FILE",
            "folder FILE": None,
            "folder FILE/in": b"FILE",
            "link FILE": b"-> FILE",
            "empty FILE": b"",
        }
        told = {one.decode() for one in two.opened.intake.troubles}
        assert {"file", "folder file", "link file", "empty file"} <= told
        before = one.tree()
        two.scan()
        assert one.pull(two)
        assert one.tree() == before
        close([one, two])


def test_a_name_that_changes_its_case_is_followed(tmp_path: Path) -> None:
    with folding(tmp_path / "disk", tmp_path / "two", "case"):
        one, two = Side(tmp_path, "one"), Side(tmp_path, "two")
        (one.root / "name").write_text("x")
        one.scan()
        assert pull(two, one)
        (one.root / "name").rename(one.root / "NAME")
        one.scan()
        assert pull(two, one)
        assert two.tree() == {"NAME": b"x"}
        # And the other way round, by two steps, as the kernel takes one for none.
        (two.root / "NAME").rename(two.root / "between")
        (two.root / "between").rename(two.root / "Name")
        two.scan()
        assert pull(one, two)
        assert one.tree() == {"Name": b"x"}
        close([one, two])


async def test_an_engine_tells_it_once_as_an_event_and_as_an_error(tmp_path: Path) -> None:
    with folding(tmp_path / "disk", tmp_path / "two", "case"):
        one, two = Site(tmp_path, "one"), Site(tmp_path, "two")
        one.root.mkdir()
        (one.root / "a").write_text("small")
        (one.root / "A").write_text("LARGE")
        async with running(one, two):
            one.want([one.task(two.peer())])
            two.want([two.task(one.peer())])
            await until(lambda: two.status().status == "error", two.status)
            await until(lambda: two.files() == {"A": b"LARGE"}, two.files)
            [error] = two.status().errors
            assert error.code_str == "SE_FS_FILE_ERROR"
            assert error.message.startswith("a: one name with A")
            (one.root / "b").write_text("b")
            await until(lambda: two.files() == {"A": b"LARGE", "b": b"b"}, two.files)
            assert one.files() == {"a": b"small", "A": b"LARGE", "b": b"b"}
            # However long that lasts, what is new does not wait for it.
            await anyio.sleep(8)
            (one.root / "a").unlink()
            await until(lambda: two.status().status == "synced", two.status)
            assert one.files() == two.files() == {"A": b"LARGE", "b": b"b"}
        assert [one.text for one in two.events if one.kind == "clash"] == ["a -> A"]
        assert [one for one in one.events if one.kind == "clash"] == []
