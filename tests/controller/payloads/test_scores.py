from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.payloads.scores import JITTER, LATENCY, LOSS, health, mos, on
from tests.controller.series.series_rows import row


@given(st.sampled_from([LATENCY, JITTER, LOSS]), st.lists(st.floats(0, 1_000), min_size=2))
def test_worse_is_never_better(curve: object, found: list[float]) -> None:
    scores = [on(curve, value) for value in sorted(found)]  # type: ignore[arg-type]
    assert all(later <= earlier for earlier, later in pairwise(scores))
    assert all(0 <= score <= 100 for score in scores)


def test_the_document_s_points() -> None:
    assert [on(LATENCY, ms) for ms in (30, 80, 150, 300, 500)] == [95, 80, 60, 30, 0]
    assert on(LOSS, 2) == pytest.approx(77.5)
    assert mos(20, 1, 0) > 4.3 > mos(300, 30, 5) > 1
    assert mos(5_000, 0, 100) == 1


def test_no_data_is_not_excellent() -> None:
    assert health([]) is None
    assert health([row(rtt_ms=None, loss_pct=None)]) is None
    assert health([row(rtt_ms=None, loss_pct=100.0)]) == 0
    assert health([row(rtt_ms=10.0, loss_pct=0.0)]) > 95  # type: ignore[operator]
