from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.uplink.record import Record, decode, encode

records = st.lists(
    st.builds(
        Record,
        seq=st.integers(0, 2**64 - 1),
        time_ms=st.integers(0, 2**64 - 1),
        data=st.binary(max_size=50),
    ),
    max_size=6,
)


@given(records)
def test_what_is_written_is_read(written: list[Record]) -> None:
    assert list(decode(b"".join(map(encode, written)))) == written


@given(records, st.integers(0, 400))
def test_a_cut_costs_the_record_it_is_in_and_no_other(written: list[Record], cut: int) -> None:
    buffer = b"".join(map(encode, written))[:cut]
    whole: list[Record] = []
    for record in written:
        if sum(r.size for r in whole) + record.size <= len(buffer):
            whole.append(record)
        else:
            break
    assert list(decode(buffer)) == whole


@given(st.binary(max_size=200))
def test_anything_at_all_can_be_read(junk: bytes) -> None:
    assert all(isinstance(record, Record) for record in decode(junk))


def test_a_flipped_bit_is_noticed() -> None:
    buffer = bytearray(encode(Record(1, 2, b"data")))
    buffer[-1] ^= 1
    assert list(decode(bytes(buffer))) == []
