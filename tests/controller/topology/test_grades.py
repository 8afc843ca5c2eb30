import pytest

from forepost.controller.topology.grades import GradedFigures, mean, status_of, worst


@pytest.mark.parametrize(
    ("rtt", "loss", "status"),
    [
        (None, None, "unknown"),
        (100.0, 9.99, "healthy"),
        (100.01, 0.0, "degraded"),
        (None, 10.0, "degraded"),
        (1.0, 49.9, "degraded"),
        (1.0, 50.0, "critical"),
        (None, 100.0, "critical"),
        (20.0, None, "healthy"),
    ],
)
def test_thresholds(rtt: float | None, loss: float | None, status: str) -> None:
    assert status_of(GradedFigures(rtt, loss)) == status


def test_the_worst_that_is_known_counts() -> None:
    assert worst([]) == "unknown"
    assert worst(["unknown", "healthy"]) == "healthy"
    assert worst(["critical", "unknown", "degraded"]) == "critical"


def test_lines_count_alike() -> None:
    both = mean([GradedFigures(10.0, None, results=900), GradedFigures(30.0, 50.0, results=1)])
    assert (both.rtt_ms, both.loss_pct, both.results) == (20.0, 50.0, 901)
