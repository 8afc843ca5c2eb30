import struct
import zlib

from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.uplink.record import Record, decode, encode

BOOT = 0x1234_5678_9ABC
records = st.lists(
    st.builds(Record, seq=st.integers(0, 2**64 - 1), data=st.binary(max_size=50)), max_size=6
)
SEVERAL = [Record(n, b'{"n":%d}' % n) for n in range(1, 9)]


def written(these: list[Record], boot: int = BOOT) -> bytes:
    return b"".join(encode(one, boot, place) for place, one in enumerate(these))


def first_form(these: list[Record]) -> bytes:
    """As agents of version 0.1 wrote them."""
    found = b""
    for one in these:
        body = struct.pack("<QQ", one.seq, 1_700_000_000_000) + one.data
        found += struct.pack("<II", len(one.data), zlib.crc32(body)) + body
    return found


def read(buffer: bytes, *, marked: bool = True) -> list[Record]:
    found = decode(buffer, BOOT, marked=marked)
    return [one.record for one in found if one.record is not None]


@given(records)
def test_what_is_written_is_read(these: list[Record]) -> None:
    assert read(written(these)) == these
    places = [one.place for one in decode(written(these), BOOT)]
    assert places == [*range(len(these))]


@given(records, st.integers(0, 400))
def test_a_cut_costs_the_record_it_is_in_and_no_other(these: list[Record], cut: int) -> None:
    buffer = written(these)[:cut]
    whole = [n for n in range(len(these) + 1) if len(written(these[:n])) <= len(buffer)][-1]
    assert read(buffer) == these[:whole]


@given(st.binary(max_size=200), st.booleans())
def test_anything_at_all_can_be_read(junk: bytes, marked: bool) -> None:
    assert all(isinstance(one, Record) for one in read(junk, marked=marked))


def test_each_flipped_byte_costs_the_record_it_is_in_and_no_other() -> None:
    for buffer, marked in ((written(SEVERAL), True), (first_form(SEVERAL), False)):
        size = len(buffer) // len(SEVERAL)
        for at in range(len(buffer)):
            for bits in (1, 0x80, 0xFF):
                flipped = bytearray(buffer)
                flipped[at] ^= bits
                rest = [one for n, one in enumerate(SEVERAL) if n != at // size]
                assert read(bytes(flipped), marked=marked) == rest, (at, bits)


@given(st.binary(max_size=60), st.integers(0, 7), st.booleans())
def test_what_comes_in_between_costs_nothing(junk: bytes, place: int, marked: bool) -> None:
    form = written if marked else first_form
    at = len(form(SEVERAL[:place]))
    buffer = form(SEVERAL)
    assert read(buffer[:at] + junk + buffer[at:], marked=marked) == SEVERAL


def test_a_head_that_is_whole_says_which_one_is_missing() -> None:
    buffer = written(SEVERAL)[:-1]
    *others, last = decode(buffer, BOOT)
    assert len(others) == 7
    assert (last.place, last.record) == (7, None)
    assert last.end == len(buffer) + 1


def test_a_file_of_another_start_has_nothing_for_us() -> None:
    assert [*decode(written(SEVERAL, BOOT + 1), BOOT)] == []


def test_a_result_that_has_a_record_in_it_is_one_result() -> None:
    inner = encode(Record(9, b"{}"), BOOT, 9)
    assert read(written([Record(1, inner)])) == [Record(1, inner)]
