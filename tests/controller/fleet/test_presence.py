from datetime import UTC, datetime, timedelta

from forepost.controller.fleet.presence import standing

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_word_is_evidence_for_90_seconds() -> None:
    assert standing(None, NOW) == "unknown"
    assert standing(NOW - timedelta(seconds=90), NOW) == "online"
    assert standing(NOW - timedelta(seconds=90.001), NOW) == "offline"
    assert standing(NOW + timedelta(seconds=5), NOW) == "online"
