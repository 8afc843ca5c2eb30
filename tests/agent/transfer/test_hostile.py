"""Members that lie: nothing leaves the folder, nothing grows without bound, the rest goes on."""

import socket
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from forepost.agent.transfer import tree
from forepost.agent.transfer.engine import MOST_GREETING
from forepost.agent.transfer.kept_rows import FileMark, IndexedRow
from forepost.agent.transfer.members import LARGEST_SET, Members
from forepost.agent.transfer.signature import signed, vouched
from forepost.wire.jobs.folder import FOLDER, LINK, Entry, Leaf, Root, Row
from forepost.wire.jobs.members import Bad, GivePages, Holding, Roots, WantPages, Word
from tests.agent.transfer.engines import Site, running, until
from tests.agent.transfer.made_up import A, file_row
from tests.agent.transfer.sides import Side, close

pytestmark = pytest.mark.anyio


class MemberLine:
    """A link without a line."""

    def __init__(self) -> None:
        self.device_id, self.is_relayed = "M", False
        self.told: list[Word] = []
        self.reason = ""
        self.ended = anyio.Event()

    def say(self, word: Word) -> None:
        self.told.append(word)

    def close(self, reason: str) -> None:
        self.reason = reason
        self.ended.set()

    async def run(self, heard: Any) -> None:
        self.heard = heard
        await self.ended.wait()


async def keep(found: Members, line: Any) -> None:
    await found.keep(line, ())


def members(bad: list[str]) -> Members:
    return Members("job:a", lambda _: True, lambda _: [], lambda: None, lambda _, t: bad.append(t))


async def test_wrong_pieces_end_a_member() -> None:
    bad: list[str] = []
    found, line = members(bad), MemberLine()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keep, found, line)
        await anyio.wait_all_tasks_blocked()
        found.gave_wrong("M", b"\1" * 32)
        assert found.is_believed("M")
        assert not line.ended.is_set()
        found.gave_wrong("M", b"\2" * 32)
        assert not found.is_believed("M")
        assert line.reason == "it sent wrong bytes"
    assert [word.hash for word in line.told if isinstance(word, Bad)] == [b"\1" * 32, b"\2" * 32]
    assert len(bad) == 2


async def test_answers_without_end_end_the_line() -> None:
    bad: list[str] = []
    found, line = members(bad), MemberLine()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keep, found, line)
        await anyio.wait_all_tasks_blocked()
        tasks.start_soon(found.ask_pages, [b"\1" * 32], "M")
        await anyio.wait_all_tasks_blocked()
        asked = next(word for word in line.told if isinstance(word, WantPages))
        await line.heard(GivePages(99, [b"x"] * 1_000))
        await line.heard(GivePages(asked.number, [b"x"], more=True))
        assert not line.reason
        await line.heard(GivePages(asked.number, [b"x"], more=True))
        assert line.reason
    assert bad == ["gave more pages than were asked for"]


async def test_sets_of_pieces_have_a_bound() -> None:
    found, line = members([]), MemberLine()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keep, found, line)
        await anyio.wait_all_tasks_blocked()
        await line.heard(Holding(b"\1" * 32, complete=False, pieces=b"\xff" * (LARGEST_SET + 1)))
        assert found.who_has(b"\1" * 32) == {}
        for n in range(100):
            await line.heard(Holding(bytes([n]) * 32, complete=True))
        assert sum(bool(found.who_has(bytes([n]) * 32)) for n in range(100)) == 4
        line.close("")


async def test_roots_that_nobody_signed_end_the_line() -> None:
    bad: list[str] = []
    found, line = members(bad), MemberLine()
    key = ec.generate_private_key(ec.SECP256R1())
    root = Root("job:a", 5, Entry(b"", b"\0" * 32, 0, 0, 0, 0), A, 0)
    said = signed(root, key)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keep, found, line)
        await anyio.wait_all_tasks_blocked()
        await line.heard(Roots([said]))
        assert [one.root.number for one in found.roots.values()] == [5]
        await line.heard(Roots([signed(msgspec.structs.replace(root, number=4), key)]))
        assert [one.root.number for one in found.roots.values()] == [5]
        forged = msgspec.msgpack.encode(msgspec.structs.replace(root, number=9))
        await line.heard(Roots([msgspec.structs.replace(said, root=forged)] * 1_000))
        assert line.reason
    assert len(bad) == 1
    assert vouched(said, "job:a").root == root


def row(path: str, kind: int, content: bytes = b"") -> Row:
    made = file_row(path)
    return msgspec.structs.replace(made, kind=kind, content=content, mode=0o777)


@pytest.mark.parametrize(
    "rows",
    [
        [row("a", LINK, b"/etc"), file_row("a/passwd", b"x")],
        [row("a", LINK, b".."), row("a/b", FOLDER), file_row("a/b/c", b"x")],
        [row("a", LINK, b"/tmp"), row("a/b", LINK, b"/etc")],
        [file_row("a", b"x"), file_row("a/b", b"x")],
        [file_row("not/there", b"x")],
    ],
)
def test_rows_that_lead_out_of_the_folder_lead_nowhere(quick_place: Path, rows: list[Row]) -> None:
    """The other side's index has them, as a hostile writer's pages would."""
    one, two = Side(quick_place, "one"), Side(quick_place, "two")
    (one.root / "x").write_bytes(b"x")
    one.scan()
    disk = one.opened.disk
    disk.index.begin()
    disk.put([IndexedRow(found, FileMark(1, 1, 1, 1)) for found in rows])
    disk.index.commit()
    disk.refresh()
    assert not two.pull(one)
    assert two.tree()["x"] == b"x"
    assert not [name for name in two.tree() if name.startswith("a/")]
    close([one, two])


def test_pages_that_lie_about_counts_are_refused() -> None:
    page = tree.encode(Leaf([file_row("a", b"x")]))
    assert isinstance(tree.read_page(page), Leaf)
    for bad in (b"", b"\xc1", page[:-1], page + b"\0", tree.encode([7, []])):
        with pytest.raises(tree.WrongPage):
            tree.read_page(bad)


async def test_who_greets_slowly_keeps_nobody_out(tmp_path: Path) -> None:
    one, two = Site(tmp_path, "one"), Site(tmp_path, "two", listens=False)
    one.root.mkdir()
    (one.root / "a").write_text("a")
    async with running(one, two):
        one.want([one.task(two.peer())])
        await until(lambda: bool(one.engine and one.engine.report().listening))
        host, port = one.address.split(":")
        slow = [socket.create_connection((host, int(port))) for _ in range(MOST_GREETING * 2)]
        two.want([two.task(one.peer())])
        await until(lambda: "a" in two.files())
        for line in slow:
            line.close()
