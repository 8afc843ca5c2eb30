"""A whole store in one file: made while the controller runs, and put in its place at once.

A tar of `manifest.json`, `meta.sqlite`, `series.sqlite` and `jwt.key`. Both databases are as they
were at one moment at which nobody wrote into either. Runs in a process that is no controller: a
file of SQLite may be open through one library only.
"""

import hashlib
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

import apsw
import msgspec

from forepost.kit import files
from forepost.kit.program import CannotStart
from forepost.kit.state_file import Damaged, StateFile
from forepost.wire.rest.installation import LastBackup

META, SERIES, KEY = "meta.sqlite", "series.sqlite", "jwt.key"
NAMES: Final = (META, SERIES, KEY)
MANIFEST: Final = "manifest.json"
FORM: Final = 1
LAST_BACKUP: Final = "last-backup.json"
STAGE, ASIDE, PLAN = "restoring", "before-restore", "restore.json"
LEAP: Final = 10_000
"""Ids that are left out after a restore: those that were given out since the backup."""
LARGEST_MANIFEST: Final = 64 << 10
TRIES: Final = 60
_UNUSED: Final = (
    "INSERT INTO sqlite_sequence SELECT name, ? FROM sqlite_schema WHERE type = 'table'"
    " AND sql LIKE '%AUTOINCREMENT%' AND name NOT IN (SELECT name FROM sqlite_sequence)"
)
_note_decoder: Final = msgspec.json.Decoder(LastBackup)
_BUSY_MS, _STEP_PAGES, _CHUNK = 60_000, 4_096, 1 << 20


class Unusable(CannotStart):
    """The archive, or what is to go into one, is not as it has to be; the text says what."""


class ArchiveFile(msgspec.Struct, frozen=True):
    name: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    form: int
    made_at: datetime
    forepost: str
    store_id: str
    files: list[ArchiveFile]


class RestorePlan(msgspec.Struct, frozen=True):
    """What is staged and has to take its place."""

    names: list[str]


plan_decoder: Final = msgspec.json.Decoder(RestorePlan)


def backup(folder: Path, out: Path, now: datetime, version: str) -> Manifest:
    """Write what is in a data folder to `out`, which is whole or absent. Raises Unusable, OSError,
    apsw.Error.
    """
    for name in NAMES:
        if not (folder / name).is_file():
            raise Unusable(f"{folder} has no {name}: it is no data folder of a controller")
    out = out.absolute()
    with tempfile.TemporaryDirectory(prefix=".forepost-backup-", dir=out.parent) as temporary:
        copies = Path(temporary)
        _copy(folder, copies)
        manifest = Manifest(
            form=FORM,
            made_at=now,
            forepost=version,
            store_id=_store_id(copies),
            files=[_entry(copies / name) for name in NAMES],
        )
        (copies / MANIFEST).write_bytes(msgspec.json.encode(manifest))
        whole = copies / "whole"
        with whole.open("xb") as file:
            os.fchmod(file.fileno(), 0o600)
            with tarfile.open(fileobj=file, mode="w") as tar:
                for name in (MANIFEST, *NAMES):
                    tar.add(copies / name, arcname=name, filter=_plain)
            file.flush()
            os.fsync(file.fileno())
        whole.replace(out)
        files.sync_folder(out.parent)
    with suppress(OSError):  # the backup is whole, whether or not the folder notes it
        _note(folder, manifest)
    return manifest


def last_backup(folder: Path) -> LastBackup | None:
    """Return when `backup` last was through with a folder; None where it does not say."""
    try:
        return StateFile(folder / LAST_BACKUP, _note_decoder.decode).load()
    except (Damaged, OSError):
        return None


def _note(folder: Path, manifest: Manifest) -> None:
    note = LastBackup(made_at=manifest.made_at, bytes=sum(one.bytes for one in manifest.files))
    file = StateFile(folder / LAST_BACKUP, _note_decoder.decode)
    file.save(msgspec.json.encode(note))
    _like(folder, file.path)


def restore(folder: Path, archive: Path) -> Manifest:
    """Put an archive in the place of what is in a data folder, which nobody may have open.

    Everything is checked before anything is replaced; what is replaced is kept in
    `before-restore`. Raises Unusable, OSError, apsw.Error.
    """
    stage = folder / STAGE
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir(mode=0o700)
    try:
        manifest = unpacked(archive, stage)
        _check(stage, manifest)
        _leap(stage / META)
        for name in NAMES:
            _sync(stage / name)
            _like(folder, stage / name)
        files.sync_folder(stage)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise
    shutil.rmtree(folder / ASIDE, ignore_errors=True)
    _plan(folder).save(msgspec.json.encode(RestorePlan([*NAMES])))
    finish(folder)
    return manifest


def finish(folder: Path) -> None:
    """Take a restore that was cut off to its end, at whatever point it was. Raises Unusable."""
    try:
        plan = _plan(folder).load()
    except Damaged as error:
        raise Unusable(f"{error}: run `forepost restore` again") from None
    if plan is None:
        return
    stage, aside = folder / STAGE, files.private_folder(folder / ASIDE)
    for name in plan.names:
        if not (stage / name).exists():
            continue  # it has its place already
        for old in (f"{name}-wal", f"{name}-shm", name):
            if (folder / old).exists():
                (folder / old).replace(aside / old)
        (stage / name).replace(folder / name)
    files.sync_folder(folder)
    (folder / PLAN).unlink()
    files.sync_folder(folder)
    shutil.rmtree(stage, ignore_errors=True)


def _plan(folder: Path) -> StateFile[RestorePlan]:
    return StateFile(
        folder / PLAN, msgspec.json.Decoder(RestorePlan).decode, largest=LARGEST_MANIFEST
    )


def _copy(folder: Path, copies: Path) -> None:
    with (
        _opened(folder / META) as meta,
        _opened(folder / SERIES) as series,
        _opened(folder / META) as of_meta,
        _opened(folder / SERIES) as of_series,
    ):
        # Nobody writes into either while both readers find their moment: it is the same.
        _stop_writers(meta, series)
        for reader in (of_meta, of_series):
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        shutil.copyfile(folder / KEY, copies / KEY)
        for writer in (meta, series):
            writer.execute("ROLLBACK")
        for reader, name in ((of_meta, META), (of_series, SERIES)):
            with closing(apsw.Connection(str(copies / name))) as copy:
                with copy.backup("main", reader, "main") as running:
                    while not running.done:
                        running.step(_STEP_PAGES)
                _check_database(copy, name)


def _stop_writers(meta: apsw.Connection, series: apsw.Connection) -> None:
    """Both at once, and neither for longer than a second for the other's sake: a controller whose
    metadata are locked for five refuses what it is asked. Raises Unusable.
    """
    series.set_busy_timeout(1_000)
    for _ in range(TRIES):
        meta.execute("BEGIN IMMEDIATE")
        try:
            series.execute("BEGIN IMMEDIATE")
        except apsw.BusyError:
            meta.execute("ROLLBACK")
        else:
            return
    raise Unusable(f"{SERIES} is written to all the time: try again")


@contextmanager
def _opened(path: Path) -> Iterator[apsw.Connection]:
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)) as connection:
        connection.set_busy_timeout(_BUSY_MS)
        yield connection


def _check_database(connection: apsw.Connection, name: str) -> None:
    said = connection.execute("PRAGMA quick_check(1)").get
    if said != "ok":
        raise Unusable(f"{name} is damaged: {said}")


def _store_id(folder: Path) -> str:
    """Of both databases. Raises Unusable where they are of two stores."""
    with closing(apsw.Connection(str(folder / META))) as meta:
        of_meta = str(meta.execute("SELECT store_id FROM store").get)
    with closing(apsw.Connection(str(folder / SERIES))) as series:
        of_series = str(series.execute("SELECT body ->> 'store_id' FROM mark").get)
    if of_meta != of_series:
        raise Unusable(f"{META} and {SERIES} are of two stores")
    return of_meta


def _entry(path: Path) -> ArchiveFile:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return ArchiveFile(path.name, path.stat().st_size, digest.hexdigest())


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mode = 0o600
    return info


def unpacked(archive: Path, stage: Path) -> Manifest:
    """The members by their names, and nothing else. Raises Unusable."""
    try:
        with os.fdopen(files.open_regular(archive, follow=True), "rb") as file:
            return _members(file, archive, stage)
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise Unusable(f"{archive} is no backup: {error}") from None


def _members(file: BinaryIO, archive: Path, stage: Path) -> Manifest:
    with tarfile.open(fileobj=file, mode="r:") as tar:
        first = tar.next()
        if first is None or first.name != MANIFEST or not 0 < first.size <= LARGEST_MANIFEST:
            raise Unusable(f"{archive} is no backup: it does not begin with {MANIFEST}")
        source = tar.extractfile(first)
        try:
            manifest = msgspec.json.decode(source.read() if source else b"", type=Manifest)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise Unusable(f"{archive}: {MANIFEST} is damaged: {error}") from None
        if manifest.form != FORM or [one.name for one in manifest.files] != [*NAMES]:
            raise Unusable(f"{archive} was made by another version ({manifest.forepost})")
        for entry in manifest.files:
            member = tar.next()
            if member is None or member.name != entry.name or not member.isreg():
                raise Unusable(f"{archive} has no {entry.name}: is it whole?")
            source = tar.extractfile(member)
            with (stage / entry.name).open("xb") as copy:
                os.fchmod(copy.fileno(), 0o600)
                if source is not None:
                    shutil.copyfileobj(source, copy, _CHUNK)
            if _entry(stage / entry.name) != entry:
                raise Unusable(f"{archive} is damaged: {entry.name} is not what was written")
    return manifest


def _check(stage: Path, manifest: Manifest) -> None:
    for name in (META, SERIES):
        with closing(apsw.Connection(str(stage / name))) as connection:
            _check_database(connection, name)
    if _store_id(stage) != manifest.store_id:
        raise Unusable(f"{MANIFEST} speaks of another store")


def _leap(meta: Path) -> None:
    """What was given out since the backup never comes again: no id, and no token of then."""
    with closing(apsw.Connection(str(meta))) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE sqlite_sequence SET seq = seq + ?", (LEAP,))
        connection.execute(_UNUSED, (LEAP,))
        step = 1 + int.from_bytes(os.urandom(2), "big") % 1_000
        connection.execute("UPDATE store SET epoch = epoch + ?", (step,))
        connection.execute("COMMIT")
        connection.pragma("wal_checkpoint(TRUNCATE)")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _like(folder: Path, path: Path) -> None:
    """Of the user whose folder it is, also where root brings it back."""
    of = folder.stat()
    if os.geteuid() == 0:
        os.chown(path, of.st_uid, of.st_gid)
