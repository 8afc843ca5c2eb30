"""What agent and controller keep on disk, and read again whatever has happened to it."""

import contextlib
import hashlib
import io
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from forepost.agent.flows.hints import hint_text
from forepost.agent.node import identity_decoder
from forepost.agent.uplink import record
from forepost.agent.uplink.former_files import former_groups, former_keys, former_list
from forepost.agent.uplink.kept_document import kept_document
from forepost.controller.storage.archive import (
    MANIFEST,
    NAMES,
    ArchiveFile,
    Manifest,
    Unusable,
    plan_decoder,
    unpacked,
)
from forepost.controller.storage.settled_clock import kept_time
from forepost.kit.state_file import sealed, unsealed

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)


def spool(data: bytes) -> None:
    for marked in (True, False):
        end = 0
        for one in record.decode(data, 1, marked=marked):
            assert one.at >= (end if one.record is not None else 0)
            assert one.record is None or one.end <= len(data)
            end = one.end if one.record is not None else end


def state_file(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        document = unsealed(data)
        assert document == data or sealed(document) == data


def kept_by_the_agent(data: bytes) -> None:
    """Each decoder of what an agent keeps, with and without a first line that is right."""
    decoders = (
        kept_document.decode,
        former_list.decode,
        former_keys.decode,
        former_groups.decode,
        identity_decoder.decode,
        hint_text,
    )
    for decode in decoders:
        for file in (data, sealed(data)):
            with contextlib.suppress(ValueError, RecursionError):
                decode(unsealed(file))


def kept_by_the_controller(data: bytes) -> None:
    for decode in (kept_time.decode, plan_decoder.decode):
        for file in (data, sealed(data)):
            with contextlib.suppress(ValueError, RecursionError):
                decode(unsealed(file))
    with tempfile.TemporaryDirectory() as folder:
        archive, stage = Path(folder) / "archive", Path(folder) / "stage"
        archive.write_bytes(data)
        stage.mkdir()
        with contextlib.suppress(Unusable):
            unpacked(archive, stage)
        assert {one.name for one in stage.iterdir()} <= {*NAMES}
        assert len([*Path(folder).iterdir()]) == 2


def an_archive() -> bytes:
    """With three files of a byte each."""
    files = [ArchiveFile(name, 1, hashlib.sha256(b"x").hexdigest()) for name in NAMES]
    manifest = Manifest(form=1, made_at=NOW, forepost="0", store_id="0", files=files)
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for name, body in [(MANIFEST, msgspec.json.encode(manifest)), *((n, b"x") for n in NAMES)]:
            info = tarfile.TarInfo(name)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    return made.getvalue()[: made.tell() // 512 * 512].rstrip(b"\0")
