"""Tells a slip of the keyboard from a word that somebody means. Pure."""

from collections.abc import Iterable

SHORTEST = 5
"""Below so many letters one more or less makes another word ("type", "types", "tape")."""


def near_miss(word: str, known: Iterable[str]) -> str:
    """Return the known word that one slip turns into `word`; "" where there is none.

    A slip is one letter too many, too few or wrong, or two neighbours that changed places.
    """
    if len(word) < SHORTEST:
        return ""
    return next((one for one in known if len(one) >= SHORTEST and is_one_slip(word, one)), "")


def is_one_slip(one: str, other: str) -> bool:
    """Whether two different words differ by exactly one slip."""
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = 0
    while start < min(len(one), len(other)) and one[start] == other[start]:
        start += 1
    head, tail = one[start:], other[start:]
    if head[1:] == tail[1:] or head[1:] == tail or head == tail[1:]:
        return True
    return len(head) == len(tail) and head[:2] == tail[1::-1] and head[2:] == tail[2:]
