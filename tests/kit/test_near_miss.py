import pytest

from forepost.kit.near_miss import is_one_slip, near_miss


@pytest.mark.parametrize(
    ("slip", "word"),
    [
        ("for_cout", "for_count"),
        ("expected_statuss", "expected_status"),
        ("xetpected", "expected"),
        ("tiemout", "timeout"),
        ("timeou", "timeout"),
        ("ttimeout", "timeout"),
        ("timeoit", "timeout"),
    ],
)
def test_one_slip_is_seen(slip: str, word: str) -> None:
    expected = word if slip != "xetpected" else ""
    assert near_miss(slip, ["other", word]) == expected
    assert is_one_slip(slip, word) is is_one_slip(word, slip)


@pytest.mark.parametrize("word", ["timeout", "time", "timezone", "outtime", "", "timeouuut"])
def test_another_word_is_another_word(word: str) -> None:
    assert not near_miss(word, ["timeout", "type", "types"])


def test_short_words_are_left_alone() -> None:
    assert not near_miss("typ", ["type"])
    assert not near_miss("tape", ["type"])
