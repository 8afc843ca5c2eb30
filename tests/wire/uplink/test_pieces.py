import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.wire.uplink.neffos import Malformed
from forepost.wire.uplink.pieces import PIECE, Pieces, is_piece, pieces_of

HEAD = b";forepost;;piece;0;0;"
MOST = 1 << 20


def numbers(count: int) -> str:
    dice = random.Random(1)
    return ";forepost;;want;0;0;" + ",".join(str(dice.random()) for _ in range(count))


@given(st.text(max_size=2_000), st.integers(0, 3_000))
def test_what_was_cut_is_put_together_and_another_may_follow(text: str, count: int) -> None:
    pieces = Pieces(MOST)
    for message in (text + numbers(count), numbers(3)):
        cut = pieces_of(message)
        assert all(is_piece(one) and len(one) <= PIECE + len(HEAD) + 1 for one in cut)
        *early, last = [pieces.take(one) for one in cut]
        assert early == [None] * (len(cut) - 1)
        assert last is not None
        assert last.decode() == message


def test_a_message_is_in_several_pieces_where_it_is_large() -> None:
    assert len(pieces_of(numbers(5_000))) > 5


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "piece: begins with b''"),
        (b"?junk", "piece: begins with b'?'"),
        (b".junk", "pieces: not packed"),
        (b"." + zlib.compress(b"x" * 100)[:-3], "pieces: cut short"),
        (b"." + zlib.compress(b"x") + b"y", "pieces: something follows"),
        (b"." + zlib.compress(bytes(MOST + 1)), "pieces: cut short, or more than 1048576 bytes"),
    ],
)
def test_what_is_wrong_is_refused_and_the_next_one_is_taken(body: bytes, reason: str) -> None:
    pieces = Pieces(MOST)
    with pytest.raises(Malformed, match=reason.replace("?", r"\?")):
        pieces.take(HEAD + body)
    assert [pieces.take(one) for one in pieces_of("well")] == [b"well"]


def test_pieces_without_end_are_too_many() -> None:
    pieces = Pieces(10 * PIECE)
    for _ in range(10):
        assert pieces.take(HEAD + b"+" + bytes(PIECE)) is None
    with pytest.raises(Malformed, match="pieces: more than 40960 bytes"):
        pieces.take(HEAD + b"+.")
    assert [pieces.take(one) for one in pieces_of("well")] == [b"well"]
