"""The ioMessage in both of its forms."""

import json
import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.workloads.messages.io_message import (
    WIDTHS,
    IoMessage,
    WrongMessage,
    decoded,
    encoded,
)
from forepost.agent.workloads.messages.io_message_json import from_json, to_json

SHORT = st.text(max_size=30)
MESSAGES = st.builds(
    IoMessage,
    **{
        name: st.integers(0, 256 ** WIDTHS[name] - 1)
        if name in WIDTHS
        else (st.binary(max_size=50) if name in ("contextdata", "contentdata") else SHORT)
        for name in IoMessage.__struct_fields__
        if name != "version"
    },
)
FULL = IoMessage(
    id="i",
    tag="ü",
    groupid="g",
    sequencenumber=2,
    sequencetotal=100,
    priority=5,
    timestamp=1_700_000_000_000,
    publisher="p",
    infotype="image/jpeg",
    infoformat="base64",
    contextdata=b"con",
    contentdata=b"tent",
)


def header(lengths: list[int]) -> bytes:
    """The document's table: 33 bytes."""
    return struct.pack("!HBHBBBBBBHHBHHHBBBII", 4, *lengths)


@given(MESSAGES)
def test_what_is_written_is_read_again(message: IoMessage) -> None:
    assert decoded(encoded(message)) == message
    said = json.loads(json.dumps(to_json(message)))
    assert len(said) == 20
    assert from_json(said) == message


def test_the_binary_form_is_that_of_the_table() -> None:
    # id tag group number total priority time publisher authid authgroup chain hash previous nonce
    # target infotype infoformat context content
    lengths = [1, 2, 1, 4, 4, 1, 8, 1, 0, 0, 0, 0, 0, 0, 0, 10, 6, 3, 4]
    data = header(lengths) + (
        "iüg".encode()
        + struct.pack("!IIBQ", 2, 100, 5, 1_700_000_000_000)
        + b"pimage/jpegbase64content"
    )
    assert encoded(FULL) == data
    assert len(header(lengths)) == 33


@pytest.mark.parametrize("width", range(9))
def test_integers_of_any_width_are_read(width: int) -> None:
    lengths = [0, 0, 0, width, width, width, width, 0, 0, 0, width, 0, 0, 0, width, 0, 0, 0, 0]
    found = decoded(header(lengths) + 6 * (7 if width else 0).to_bytes(width))
    assert {getattr(found, name) for name in WIDTHS} == {7 if width else 0}


def test_lengths_of_one_byte_are_read_as_they_are() -> None:
    message = IoMessage(id=200 * "x", publisher=255 * "y")
    assert decoded(encoded(message)) == message


def test_an_absent_context_with_a_length_of_one_byte() -> None:
    """As the SDK for Node.js writes it, where there is none."""
    whole = encoded(IoMessage(publisher="p", contentdata=b"data"))
    short = whole[:25] + b"\x00" + whole[29:]
    assert decoded(short) == decoded(whole)
    empty = encoded(IoMessage(publisher="p"))
    assert decoded(empty[:25] + b"\x00\x00" + empty[33:]) == IoMessage(publisher="p")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "message: too short"),
        (b"\x00", "message: too short"),
        (b"\x00\x05" + bytes(31), "version: 5"),
        (encoded(FULL)[:-1], "bytes are told"),
        (encoded(FULL) + b"x", "bytes are told"),
        (b"\x00\x04", "bytes are told"),
        (header([0, 0, 0, 9] + 15 * [0]) + bytes(9), "sequencenumber: wider than 8 bytes"),
        (header([1] + 18 * [0]) + b"\xff", "id: not UTF-8"),
    ],
)
def test_what_is_no_message(data: bytes, reason: str) -> None:
    with pytest.raises(WrongMessage, match=reason):
        decoded(data)


@given(st.binary(max_size=80))
def test_any_bytes_are_a_message_or_none(data: bytes) -> None:
    for one in (data, b"\x00\x04" + data):
        try:
            message = decoded(one)
        except WrongMessage:
            continue
        assert isinstance(message, IoMessage)


def test_what_has_no_room_in_its_field() -> None:
    for wrong, reason in (
        (IoMessage(id=256 * "x"), "id: longer than 255 bytes"),
        (IoMessage(priority=256), "priority: does not fit into 1 bytes"),
        (IoMessage(priority=-1), "priority: does not fit"),
    ):
        with pytest.raises(WrongMessage, match=reason):
            encoded(wrong)


def test_json_of_sdks() -> None:
    said = {
        "publisher": "p",
        "version": 4,
        "infotype": "t",
        "infoformat": "f",
        "contentdata": "AAE=",
        "contextdata": None,
        "difficultytarget": 0.5,
        "tag": None,
        "unknown": "x",
    }
    assert from_json(said) == IoMessage(
        publisher="p", infotype="t", infoformat="f", contentdata=b"\x00\x01"
    )
    missing = "Validation Error, Error: Missing input field "
    for name in ("publisher", "version", "infotype", "infoformat", "contentdata"):
        for wrong in ({**said, name: None}, {k: v for k, v in said.items() if k != name}):
            with pytest.raises(WrongMessage, match=missing + name):
                from_json(wrong)
    for key, value, reason in (
        ("contentdata", "*", "Message Parsing Error, contentdata: not base64"),
        ("contentdata", "ä", "Message Parsing Error, contentdata: not base64"),
        ("tag", 5, "Message Parsing Error, tag: not a string"),
        ("priority", "1", "Message Parsing Error, priority: not a number"),
        ("priority", True, "Message Parsing Error, priority: not a number"),
        ("version", -1, "Missing input field version"),
        ("version", True, "Missing input field version"),
        ("priority", 1_000, "priority: does not fit"),
    ):
        with pytest.raises(WrongMessage, match=reason):
            from_json({**said, key: value})
    with pytest.raises(WrongMessage, match="not a number"):
        from_json({**said, "priority": float("inf")})
    assert msgspec.structs.asdict(from_json(said))["version"] == 4
