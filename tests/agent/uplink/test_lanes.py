from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.uplink.lanes import ONE_OF, Turns, first_of_backlog
from forepost.agent.uplink.segment import Segment


def segments(*outages: int, sent: int = 0) -> list[Segment]:
    """A file of each of these outages; of the first `sent` nothing waits."""
    return [
        Segment(f"{place}", 1, size=10, outage=outage, acked_bytes=10 if place < sent else 0)
        for place, outage in enumerate(outages)
    ]


def test_the_oldest_outage_first_or_the_newest_and_each_from_its_beginning() -> None:
    files = segments(1, 1, 2, 2, 3)
    assert first_of_backlog(files, 3, "oldest") is files[0]
    assert first_of_backlog(files, 3, "newest") is files[2]
    assert first_of_backlog(files, 4, "newest") is files[4]
    assert first_of_backlog(segments(1, 1, 2, sent=1), 2, "newest") is not None


def test_what_waits_for_nothing_is_no_backlog() -> None:
    files = segments(1, 2, sent=2)
    assert first_of_backlog(files, 9, "newest") is None
    assert first_of_backlog(segments(3), 3, "oldest") is None


@given(st.lists(st.booleans(), min_size=50, max_size=200))
def test_the_backlog_has_one_batch_of_four_and_live_all_others(live: list[bool]) -> None:
    turns, given_, waited = Turns(), list[bool](), 0
    for is_there in live:
        takes_live = is_there and not turns.is_backlogs
        turns.took(live=takes_live)
        given_.append(takes_live)
        waited = waited + 1 if is_there and not takes_live else 0
        assert waited <= 1  # live waits for one batch of the backlog at most
    for start in range(len(given_) - ONE_OF + 1):
        assert not all(given_[start : start + ONE_OF])
