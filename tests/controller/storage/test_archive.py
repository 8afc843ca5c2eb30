"""A backup is whole and checked, and a restore is done or not done."""

import io
import shutil
import tarfile
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import apsw
import msgspec
import pytest

from forepost.controller.storage import archive
from forepost.controller.storage.archive import (
    ASIDE,
    LEAP,
    MANIFEST,
    NAMES,
    PLAN,
    STAGE,
    RestorePlan,
    Unusable,
    plan_decoder,
)
from forepost.kit.state_file import StateFile
from tests.controller.storage.test_store_identity import ids, opened, start
from tests.rows import home

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    found = tmp_path / "data"
    found.mkdir()
    await start(found)
    async with opened(found) as (db, _):
        await home(db)
    await start(found)
    (found / "jwt.key").write_bytes(b"k" * 32)
    return found


@pytest.fixture
async def made(folder: Path, tmp_path: Path) -> Path:
    out = tmp_path / "backup.tar"
    archive.backup(folder, out, NOW, "0")
    return out


async def test_what_is_restored_is_what_was_there(folder: Path, made: Path, tmp_path: Path) -> None:
    before, key = await start(folder), (folder / "jwt.key").read_bytes()
    used = await ids(folder)
    assert mode(made) == 0o600
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    manifest = archive.restore(elsewhere, made)
    assert (manifest.made_at, manifest.forepost) == (NOW, "0")
    assert (elsewhere / "jwt.key").read_bytes() == key
    after = await start(elsewhere)
    assert after.split(".")[0] == before.split(".")[0]
    assert after != before
    again = await ids(elsewhere)
    assert {name: seq + LEAP for name, seq in used.items()}.items() <= again.items()
    assert names(tmp_path) == ["backup.tar", "data", "elsewhere"]


async def test_what_is_replaced_is_kept(folder: Path, made: Path) -> None:
    (folder / "jwt.key").write_bytes(b"x" * 32)
    archive.restore(folder, made)
    assert (folder / ASIDE / "jwt.key").read_bytes() == b"x" * 32
    assert (folder / ASIDE / "meta.sqlite").exists()
    assert not (folder / STAGE).exists()
    await start(folder)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def places(path: Path) -> list[int]:
    """Of some bytes of each file in an archive, its first and its last among them."""
    found: list[int] = []
    with tarfile.open(path) as tar:
        for one in tar.getmembers():
            end = one.offset_data + one.size
            every = [*range(one.offset_data, end, max(1, one.size // 25)), end - 1]
            if one.name == MANIFEST:
                # When it was made, and by which version, is said there and compared with nothing.
                files = path.read_bytes().index(b'"files"')
                every = [at for at in every if at >= files]
            found += every
    return found


def flipped(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-40_000])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def without_key(path: Path) -> None:
    kept = io.BytesIO()
    with tarfile.open(path) as old, tarfile.open(fileobj=kept, mode="w") as new:
        for member in old.getmembers():
            if member.name != "jwt.key":
                new.addfile(member, old.extractfile(member))
    path.write_bytes(kept.getvalue())


def that_climbs(path: Path) -> None:
    with tarfile.open(path) as old:
        source = old.extractfile(MANIFEST)
        assert source is not None
        manifest = msgspec.json.decode(source.read())
    manifest["files"][0]["name"] = "../meta.sqlite"
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode="w") as new:
        body = msgspec.json.encode(manifest)
        info = tarfile.TarInfo(MANIFEST)
        info.size = len(body)
        new.addfile(info, io.BytesIO(body))
    path.write_bytes(kept.getvalue())


@pytest.mark.parametrize("harm", [cut, empty, without_key, that_climbs])
async def test_what_is_not_whole_replaces_nothing(
    folder: Path, made: Path, harm: Callable[[Path], None]
) -> None:
    harm(made)
    before = content(folder)
    with pytest.raises(Unusable):
        archive.restore(folder, made)
    assert content(folder) == before
    assert not (folder / STAGE).exists()


async def test_no_flipped_byte_of_a_file_is_restored(folder: Path, made: Path) -> None:
    for at in places(made):
        flipped(made, at)
        with pytest.raises(Unusable):
            archive.restore(folder, made)
        flipped(made, at)
    archive.restore(folder, made)


async def test_a_restore_that_was_cut_off_is_finished_at_the_next_start(
    folder: Path, made: Path
) -> None:
    """At every step between the plan and the end."""
    for moved in range(len(NAMES) + 1):
        archive.restore(folder, made)
        stage = folder / STAGE
        stage.mkdir()
        aside = folder / ASIDE
        for number, name in enumerate(NAMES):
            if number >= moved:  # not in its place yet
                shutil.copy(folder / name, stage / name)
                (folder / name).write_bytes(b"of before")
        if moved < len(NAMES):  # its old one is away already
            (folder / NAMES[moved]).replace(aside / NAMES[moved])
        plan = StateFile(folder / PLAN, plan_decoder.decode)
        plan.save(msgspec.json.encode(RestorePlan([*NAMES])))
        archive.finish(folder)
        archive.finish(folder)
        assert not (folder / PLAN).exists()
        assert not stage.exists()
        await start(folder)


async def test_a_writer_that_is_busy_for_a_while_is_waited_for(
    folder: Path, tmp_path: Path
) -> None:
    held = apsw.Connection(str(folder / "series.sqlite"))
    held.execute("BEGIN IMMEDIATE")
    over = threading.Timer(1.5, held.execute, ["ROLLBACK"])
    over.start()
    meta = sqlite_meta(folder)
    try:
        archive.backup(folder, tmp_path / "late.tar", NOW, "0")
        meta.execute("BEGIN IMMEDIATE")  # nobody holds it
        meta.execute("ROLLBACK")
    finally:
        over.join()
        held.close()
        meta.close()


def sqlite_meta(folder: Path) -> apsw.Connection:
    return apsw.Connection(str(folder / "meta.sqlite"))


async def test_two_halves_of_two_stores_are_no_backup(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    await start(other)
    shutil.copy(other / "series.sqlite", folder)
    with pytest.raises(Unusable, match="two stores"):
        archive.backup(folder, tmp_path / "x.tar", NOW, "0")
    assert not (tmp_path / "x.tar").exists()
    with pytest.raises(Unusable, match="no data folder"):
        archive.backup(tmp_path, tmp_path / "x.tar", NOW, "0")
