import zlib

import pytest

from forepost.wire.uplink.neffos import Malformed
from forepost.wire.uplink.packed import MOST_OPENED, SMALLEST, is_packed, opened, packed

HEAD = b";forepost;;report_z;0;0;"


def test_what_was_packed_is_opened_and_small_ones_stay() -> None:
    report = ";forepost;;report;0;0;" + '{"boot":1,"results":["\u00e4;"]}' * 100
    data = packed(report)
    assert isinstance(data, bytes)
    assert is_packed(data)
    assert len(data) < len(report) // 5
    assert opened(data).decode() == report
    small = ";forepost;;report;0;0;" + "x" * (SMALLEST - 30)
    assert packed(small) == small


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "cut short"),
        (b"junk", "not packed"),
        (zlib.compress(b"x" * 5_000)[:-4], "cut short"),
        (zlib.compress(b"x" * 5_000) + b"more", "follows"),
        (zlib.compress(bytes(MOST_OPENED + 1)), f"more than {MOST_OPENED} bytes"),
        (zlib.compress(bytes(1 << 28)), f"more than {MOST_OPENED} bytes"),
    ],
    ids=["empty", "junk", "half", "more", "a-byte-too-much", "bomb"],
)
def test_what_cannot_be_opened_is_refused(body: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        opened(HEAD + body)


def test_as_much_as_may_be() -> None:
    assert len(opened(HEAD + zlib.compress(bytes(MOST_OPENED)))) == MOST_OPENED + len(HEAD) - 2
