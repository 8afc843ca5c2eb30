"""Documents are applied, kept, restored, told and cleared; what cannot be used changes nothing."""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
from anyio.abc import TaskGroup

from forepost.agent.uplink.documents import SETTLE_SEC, Documents
from forepost.kit.health import Health
from forepost.wire.uplink.documents import HaveDocument, WantDocument
from tests.agent.uplink.recorded import FILES, leave_files
from tests.fakes.clock import FakeClock
from tests.fakes.documents import NotedDocument

pytestmark = pytest.mark.anyio

FILE = "wanted-made_up.json"


class Bench:
    """One document and what there is of it, over several starts of an agent."""

    def __init__(self, folder: Path, name: str = "made_up") -> None:
        self.folder, self.name = folder, name
        self.start()

    def start(self) -> None:
        self.health = Health(logging.getLogger("test"))
        self.document = NotedDocument(self.name)
        self.documents = Documents(self.folder, [self.document], self.health)

    async def give(self, revision: str, *bodies: Any) -> HaveDocument | None:
        have = None
        for number, body in enumerate(bodies, 1):
            have = await self.documents.take(
                WantDocument(
                    document=self.name,
                    revision=revision,
                    part=number,
                    parts=len(bodies),
                    body=msgspec.Raw(msgspec.json.encode(body)),
                )
            )
        return have

    @property
    def have(self) -> HaveDocument:
        (have,) = self.documents.have
        return have


class LastBreath(list[str]):
    """Problems; whoever reads them has just been cancelled."""

    def __init__(self, cancel: Callable[[], None], problems: list[str]) -> None:
        super().__init__(problems)
        self._cancel = cancel

    def __getitem__(self, key: Any) -> Any:
        self._cancel()
        return super().__getitem__(key)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def applied(revision: str, *problems: str) -> HaveDocument:
    return HaveDocument(document="made_up", revision=revision, problems=list(problems))


async def test_one_that_it_never_had_is_said_to_be_so(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.documents.restore()
    assert bench.have == applied("")
    assert bench.document.applied == []
    assert bench.documents.have_of("another") is None
    assert bench.documents.names == {"made_up"}


async def test_it_is_applied_whole_told_kept_and_there_after_a_start(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.document.problems = ["7: it cannot"]
    assert await bench.give("r1", {"a": 1}, {"b": 2}) == applied("r1", "7: it cannot")
    assert bench.document.applied == [[{"a": 1}, {"b": 2}]]
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    bench.start()
    await bench.documents.restore()
    assert bench.document.applied == [[{"a": 1}, {"b": 2}]]
    assert bench.have == applied("r1")


async def test_what_cannot_be_used_is_told_once_and_changes_nothing(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.give("r1", 1)
    kept = (tmp_path / FILE).read_bytes()
    bench.document.refuses = "too many of them"
    failed = HaveDocument(
        document="made_up", revision="r2", state="failed", problems=["too many of them"]
    )
    assert await bench.give("r2", 2) == failed
    assert bench.have == failed  # so that it is not given for ever
    assert bench.health.problems == {
        "document made_up": "not used, the one before stays: too many of them"
    }
    assert (tmp_path / FILE).read_bytes() == kept
    bench.document.refuses = ""
    bench.document.fault = KeyError("of ours")
    have = await bench.give("r3", 3)
    assert have is not None
    assert (have.state, have.problems) == ("failed", ["KeyError: 'of ours'"])
    bench.document.fault = None
    assert await bench.give("r4", 4) == applied("r4")
    assert bench.health.problems == {}
    assert bench.document.applied == [[1], [4]]


async def test_what_is_kept_and_not_understood_any_more_is_given_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.give("r1", 1)
    bench.start()
    bench.document.refuses = "of another version"
    await bench.documents.restore()
    assert bench.have == applied("")


async def test_a_damaged_file_is_set_aside_until_it_is_given_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.give("r1", 1)
    data = bytearray((tmp_path / FILE).read_bytes())
    data[-3] ^= 1
    (tmp_path / FILE).write_bytes(data)
    bench.start()
    await bench.documents.restore()
    assert bench.have == applied("")
    assert f"set aside as {FILE}.damaged" in bench.health.problems[FILE]
    await bench.give("r1", 1)
    assert bench.health.problems == {}


async def test_removal_clears_all_and_stays_so_after_a_start(tmp_path: Path) -> None:
    one, other = NotedDocument("one"), NotedDocument("other")
    health = Health(logging.getLogger("test"))
    documents = Documents(tmp_path, [one, other], health)
    for name in ("one", "other"):
        part = WantDocument(document=name, revision="r", body=msgspec.Raw(b"1"))
        await documents.take(part)
    one.fault = OSError(5, "Input/output error")  # the others are cleared all the same
    await documents.clear()
    assert other.applied == [[1], []]
    one.fault = None
    again = Documents(tmp_path, [one, other], health)
    await again.restore()
    assert (one.applied, other.applied) == ([[1]], [[1], []])
    assert [have.revision for have in again.have] == ["", ""]


async def test_what_was_half_written_when_it_was_killed_goes_at_the_next_start(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path)
    await bench.give("r1", 1)
    for name in (f".{FILE}.7.new", ".wanted-other.json.8.new", ".identity.json.9.new"):
        (tmp_path / name).write_bytes(b"{")
    bench.start()
    await bench.documents.restore()
    assert bench.have == applied("r1")
    assert names_in(tmp_path) == [".identity.json.9.new", FILE]  # another process makes that one


async def test_removal_needs_no_room_on_the_disk(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.give("r1", 1)
    (tmp_path / f".{FILE}.{os.getpid()}.new").mkdir()  # where a write begins
    await bench.documents.clear()
    assert bench.health.problems == {}
    bench.start()
    await bench.documents.restore()
    assert bench.document.applied == []


async def test_removal_clears_documents_of_subjects_that_are_off(tmp_path: Path) -> None:
    """Whoever turns one on later has what this controller wanted of it otherwise."""
    await Bench(tmp_path).give("r1", 1)
    leave_files(tmp_path)
    (tmp_path / "identity.json").touch()
    await Documents(tmp_path, [], Health(logging.getLogger("test"))).clear()
    assert names_in(tmp_path) == ["identity.json"]


async def test_removal_forgets_what_a_full_disk_has_not_taken_yet(tmp_path: Path) -> None:
    bench, clock = Bench(tmp_path), FakeClock()
    begun = tmp_path / f".{FILE}.{os.getpid()}.new"
    begun.mkdir()
    await bench.give("r1", 1)
    await bench.documents.clear()
    begun.rmdir()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.documents.settle, clock)
        await clock.advance(SETTLE_SEC)
        await clock.advance(SETTLE_SEC)
        tasks.cancel_scope.cancel()
    assert names_in(tmp_path) == []


async def test_half_a_document_is_forgotten_when_a_conversation_begins(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    for number in (1, 2):
        part = WantDocument(
            document="made_up", revision="r", part=number, parts=2, body=msgspec.Raw(b"1")
        )
        assert await bench.documents.take(part) is None
        bench.documents.begin()
    assert bench.document.applied == []


async def test_what_a_full_disk_did_not_take_is_kept_later(tmp_path: Path) -> None:
    bench, clock = Bench(tmp_path), FakeClock()
    (tmp_path / FILE).mkdir()
    assert await bench.give("r1", 1) == applied("r1")
    assert "cannot be written" in bench.health.problems[FILE]
    (tmp_path / FILE).rmdir()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(bench.documents.settle, clock)
        await clock.advance(SETTLE_SEC)
        with anyio.fail_after(20):
            while not (tmp_path / FILE).exists():  # noqa: ASYNC110 - written by a thread
                await anyio.sleep(0.01)
        tasks.cancel_scope.cancel()
    assert bench.health.problems == {}


async def test_what_is_in_use_is_kept_where_the_conversation_ends_meanwhile(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path)

    async def give(tasks: TaskGroup) -> None:
        problems = bench.document.problems
        bench.document.problems = LastBreath(tasks.cancel_scope.cancel, problems)
        await bench.give("r1", 1)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(give, tasks)
    assert bench.document.applied == [[1]]
    bench.start()
    await bench.documents.restore()
    assert bench.have == applied("r1")


async def test_what_version_n_1_left_is_taken_over_once(tmp_path: Path) -> None:
    leave_files(tmp_path)
    health = Health(logging.getLogger("test"))
    probes, groups = NotedDocument("probes"), NotedDocument("groups")
    documents = Documents(tmp_path, [probes, groups], health)
    await documents.restore()
    ((part,),) = probes.applied
    assert part["probes"] == msgspec.json.decode(FILES["wanted.json"])
    assert part["keys"] == {"2": "AAECAwQFBgcICQoLDA0ODw=="}
    assert groups.applied == [[{"groups": msgspec.json.decode(FILES["groups.json"])["groups"]}]]
    assert [have.revision for have in documents.have] == ["", "d6b5915c46057bcb"]
    assert names_in(tmp_path) == ["wanted-groups.json", "wanted-probes.json"]
    assert (tmp_path / "wanted-probes.json").stat().st_mode & 0o777 == 0o600
    again = NotedDocument("probes")
    await Documents(tmp_path, [again], health).restore()
    assert again.applied == probes.applied
    assert health.problems == {}


async def test_what_version_n_1_left_goes_when_the_new_file_is_there_and_not_before(
    tmp_path: Path,
) -> None:
    leave_files(tmp_path)
    (tmp_path / "groups.json").unlink()
    bench = Bench(tmp_path, "probes")
    begun = tmp_path / f".wanted-probes.json.{os.getpid()}.new"  # where a write begins
    begun.mkdir()
    await bench.documents.restore()
    assert len(bench.document.applied) == 1
    left = names_in(tmp_path)
    assert left == [begun.name, "keys.json", "wanted.json"]
    begun.rmdir()
    await bench.give("r2", {"probes": []})
    assert names_in(tmp_path) == ["wanted-probes.json"]
    leave_files(tmp_path)  # as after a crash between the two
    (tmp_path / "groups.json").unlink()
    for name in ("wanted.json", "keys.json"):
        os.utime(tmp_path / name, (0, 0))
    bench.start()
    await bench.documents.restore()
    assert bench.document.applied == [[{"probes": []}]]
    assert names_in(tmp_path) == ["wanted-probes.json"]


async def test_a_damaged_list_of_version_n_1_is_a_problem_until_one_is_given(
    tmp_path: Path,
) -> None:
    leave_files(tmp_path)
    (tmp_path / "wanted.json").write_bytes(b"[")
    bench = Bench(tmp_path, "probes")
    await bench.documents.restore()
    assert bench.document.applied == []
    assert "set aside as wanted.json.damaged" in bench.health.problems["wanted.json"]
    await bench.give("r1", {"probes": []})
    assert bench.health.problems == {}
    assert not (tmp_path / "keys.json").exists()


async def test_what_version_n_1_wrote_when_it_was_put_back_is_the_newest(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "groups")
    await bench.give("r1", {"groups": []})
    leave_files(tmp_path)
    bench.start()
    await bench.documents.restore()
    assert bench.have.revision == "d6b5915c46057bcb"
    assert names_in(tmp_path) == ["keys.json", "wanted-groups.json", "wanted.json"]
    (tmp_path / "groups.json").write_bytes(b"[")
    bench.start()
    await bench.documents.restore()
    assert bench.have.revision == "d6b5915c46057bcb"
