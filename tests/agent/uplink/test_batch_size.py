import pytest

from forepost.agent.uplink.batch_size import FIRST, LEAST, QUICK_SEC, SLOW_SEC, BatchSize
from forepost.wire.uplink.messages import MAX_BATCH_BYTES


def after(size: BatchSize, sec: float, part: float = 1.0) -> int:
    """What the next batch may have, after this one of `part` of the size took so long."""
    size.sent(round(size.bytes * part))
    size.acknowledged(sec)
    return size.bytes


def test_small_first_and_twice_as_large_while_it_goes_quickly() -> None:
    size = BatchSize()
    size.connected()
    assert size.bytes == FIRST
    grown = [after(size, 0.1) for _ in range(8)]
    assert grown[:3] == [2 * FIRST, 4 * FIRST, 8 * FIRST]
    assert grown[-1] == MAX_BATCH_BYTES


def test_half_as_large_after_a_slow_one() -> None:
    size = BatchSize()
    assert after(size, QUICK_SEC + 0.1) == FIRST
    assert after(size, SLOW_SEC + 0.1) == FIRST // 2
    for _ in range(10):
        after(size, 60)
    assert size.bytes == LEAST


def test_a_few_results_that_go_quickly_say_nothing_of_many() -> None:
    size = BatchSize()
    for _ in range(20):
        after(size, 0.01, part=0.1)
    assert size.bytes == FIRST


def test_a_connection_that_broke_over_a_batch_is_followed_by_smaller_ones() -> None:
    size = BatchSize()
    for _ in range(8):
        after(size, 0.1)
    size.connected()
    assert size.bytes == FIRST  # it broke while nothing was on its way
    for expected in (FIRST // 2, FIRST // 4, FIRST // 8, LEAST):
        size.sent(size.bytes)
        size.connected()
        assert size.bytes == expected


@pytest.mark.parametrize("kbit", [9.6, 32, 64, 1_000])
def test_no_batch_of_more_than_one_result_keeps_a_line_for_much_longer_than_two_seconds(
    kbit: float,
) -> None:
    """A live result may have to wait for it."""
    size = BatchSize()
    size.bytes = LEAST
    took = []
    for _ in range(50):
        size.sent(size.bytes)
        took.append(0.1 + size.bytes * 8 / kbit / 1_000)
        size.acknowledged(took[-1])
    assert max(took) <= QUICK_SEC + 0.2
    assert took[-1] > QUICK_SEC / 2 or size.bytes == MAX_BATCH_BYTES


@pytest.mark.parametrize("kbit", [9.6, 32, 64, 1_000, 100_000])
def test_over_any_line_a_batch_takes_a_few_seconds(kbit: float) -> None:
    size = BatchSize()
    took = []
    for _ in range(50):
        size.sent(size.bytes)
        took.append(0.3 + size.bytes * 8 / kbit / 1_000)
        size.acknowledged(took[-1])
    assert max(took) < 8
    assert size.bytes == MAX_BATCH_BYTES or max(took[-10:]) > 1
