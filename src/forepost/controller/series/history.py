"""How far back the rows of lines go, and since when they say what their packets did."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

import apsw

from forepost.controller.series.schema import DAY_US, LAST_US, days_of
from forepost.controller.series.search import heads

Name = TypeVar("Name")
_LEAST, _GREATEST = -(1 << 63), (1 << 63) - 1


def begins(connection: apsw.Connection, numbers: Mapping[Name, Sequence[int]]) -> dict[Name, int]:
    """The time of the oldest row of each name, whose lines are given; without those whose time
    cannot be true. Names without rows are left out.
    """
    names = {line: name for name, lines in numbers.items() for line in lines}
    found: dict[Name, int] = {}
    for day in days_of(connection, 0, LAST_US // DAY_US):
        waiting = [line for line, name in names.items() if name not in found]
        if not waiting:
            break
        for us, name in _of_day(connection, day, waiting, names):
            found[name] = min(us, found.get(name, us))
    return found


def by_packets_since(connection: apsw.Connection) -> int | None:
    """When rows began to say how many packets they had; None: they always did."""
    us: int | None = connection.execute("SELECT us FROM packets_since").get
    return us


def _of_day(
    connection: apsw.Connection, day: int, lines: list[int], names: Mapping[int, Name]
) -> Iterator[tuple[int, Name]]:
    return (
        (us, names[line]) for us, line in heads(connection, day, lines, _LEAST, _GREATEST, "ASC")
    )
