"""What is kept on disk is believed only as it was written."""

import logging
import os
import resource
from pathlib import Path
from typing import Any

import msgspec
import pytest

from forepost.agent.flows.hints import hint_text
from forepost.agent.node import IDENTITY, identity_decoder
from forepost.agent.uplink.former_files import (
    GROUPS,
    KEYS,
    WANTED,
    former_groups,
    former_keys,
    former_list,
)
from forepost.agent.uplink.kept_document import kept_document
from forepost.kit.health import Health
from forepost.kit.state_file import Damaged, StateFile, sealed

KEPT: dict[str, tuple[Any, bytes]] = {
    "wanted-probes.json": (
        kept_document.decode,
        b'{"revision":"r","parts":[{"probes":[{"id":1,"type":"PING"}],"keys":{"1":"AAEC"}}]}',
    ),
    WANTED: (former_list.decode, b'[{"id":1,"type":"PING","targets":[{"target":"198.18.0.1"}]}]'),
    KEYS: (former_keys.decode, b'{"1":"AAECAwQFBgc="}'),
    IDENTITY: (
        identity_decoder.decode,
        b'{"url":"http://h:8080","workspace_id":1,"agent_id":10,"psk":"0123abcd"}',
    ),
    GROUPS: (
        former_groups.decode,
        b'{"revision":"","groups":[{"name":"a","entries":["a.test"]}]}',
    ),
    "flow-hints": (hint_text, b"8.8.8.8\ta.example\n2606:4700::1\tb.example\n"),
}


def health() -> Health:
    return Health(logging.getLogger("test"))


@pytest.fixture(params=KEPT)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[StateFile[Any], bytes]:
    decode, document = KEPT[request.param]
    return StateFile(tmp_path / request.param, decode), document


def test_no_flipped_byte_is_believed(file: tuple[StateFile[Any], bytes]) -> None:
    kept, document = file
    whole = sealed(document)
    for at in range(len(whole)):
        for bits in (1, 0x20, 0xFF):
            flipped = bytearray(whole)
            flipped[at] ^= bits
            kept.path.write_bytes(flipped)
            with pytest.raises(Damaged, match="damaged"):
                kept.load()


def test_no_part_of_a_file_is_believed(file: tuple[StateFile[Any], bytes]) -> None:
    kept, document = file
    whole = sealed(document)
    for size in range(len(whole)):
        kept.path.write_bytes(whole[:size])
        with pytest.raises(Damaged, match="damaged"):
            kept.load()
    kept.path.write_bytes(whole + b"\n")
    with pytest.raises(Damaged, match="were written"):
        kept.load()


def test_a_file_of_the_first_form_is_taken_and_sealed(file: tuple[StateFile[Any], bytes]) -> None:
    kept, document = file
    kept.path.write_bytes(document)
    found = kept.load()
    kept.seal()
    assert kept.path.read_bytes() == sealed(document)
    assert kept.load() == found
    kept.seal()
    assert kept.path.read_bytes() == sealed(document)


def test_what_is_damaged_is_set_aside_and_said_until_there_is_another(tmp_path: Path) -> None:
    kept, known = StateFile(tmp_path / "a.json", msgspec.json.Decoder(list[int]).decode), health()
    assert kept.recall(known) is None
    assert not known.problems
    kept.path.write_bytes(sealed(b"[1]")[:-1])
    assert kept.recall(known) is None
    assert "set aside as a.json.damaged" in known.problems["a.json"]
    assert [one.name for one in tmp_path.iterdir()] == ["a.json.damaged"]
    kept.keep(b"[2]", known)
    assert not known.problems
    assert kept.recall(known) == [2]
    assert kept.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("what", ["link", "folder", "fifo"])
def test_what_is_no_file_is_no_document(tmp_path: Path, what: str) -> None:
    kept, known = StateFile(tmp_path / "a.json", msgspec.json.Decoder(list[int]).decode), health()
    other = tmp_path / "other"
    other.write_bytes(b"[1]")
    match what:
        case "link":
            kept.path.symlink_to(other)
        case "folder":
            kept.path.mkdir()
        case _:
            os.mkfifo(kept.path)
    assert kept.recall(known) is None
    assert "a.json" in known.problems
    assert kept.keep(b"[3]", known)
    assert other.read_bytes() == b"[1]"
    assert kept.load() == [3]


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    kept = StateFile(tmp_path / "a.json", msgspec.json.Decoder(list[int]).decode, largest=100)
    kept.path.write_bytes(b"[" + b"1," * 100 + b"1]")
    with pytest.raises(Damaged, match="larger than 100 bytes"):
        kept.load()


def test_what_cannot_be_read_now_is_left_where_it_is(tmp_path: Path) -> None:
    kept, known = StateFile(tmp_path / "a.json", msgspec.json.Decoder(list[int]).decode), health()
    kept.save(b"[1]")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        assert kept.recall(known) is None
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert "cannot be read" in known.problems["a.json"]
    assert kept.load() == [1]


def test_what_is_there_is_not_written_again_and_what_is_damaged_is(
    file: tuple[StateFile[Any], bytes],
) -> None:
    kept, document = file
    assert kept.keep(document, health())
    written = kept.path.stat()
    assert kept.keep(document, health())
    assert kept.path.stat().st_ino == written.st_ino
    assert kept.path.stat().st_mtime_ns == written.st_mtime_ns
    data = bytearray(kept.path.read_bytes())
    data[-1] ^= 1
    kept.path.write_bytes(data)
    assert kept.keep(document, health())
    assert kept.path.read_bytes() == sealed(document)
