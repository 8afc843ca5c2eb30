"""The microservices of a host as text: for a terminal, and for a pipe one line each. Pure."""

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from rich.cells import cell_len

from forepost.cli.measure import plain
from forepost.wire.workloads.delivery import MicroserviceStatus

HEAD: Final = ("name", "state", "health", "up", "image", "from")
REASON: Final = "why"
INDENT: Final = "    "


def lines(
    found: Sequence[MicroserviceStatus], now: datetime, *, width: int | None
) -> Iterator[str]:
    """By name; where two have one, with the uuid that a verb then needs.

    `width`: of a terminal, where a reason stands below its row; None: at its end, in one line
    however long, so that it can be searched.
    """
    ordered = sorted(found, key=lambda one: (one.name or one.uuid, one.uuid))
    named = Counter(one.name for one in ordered)
    rows = [_row(one, now, is_only=named[one.name] == 1) for one in ordered]
    widths = [max(map(cell_len, column)) for column in zip(HEAD, *rows, strict=True)]
    head = HEAD if width else (*HEAD, REASON)
    yield _joined(head, widths)
    for one, row in zip(ordered, rows, strict=True):
        problem = _plain(one.problem)
        if width is None:
            yield _joined((*row, problem), widths)
            continue
        yield _joined(row, widths)
        yield from textwrap.wrap(
            problem, max(width, 40), initial_indent=INDENT, subsequent_indent=INDENT
        )


def _row(one: MicroserviceStatus, now: datetime, *, is_only: bool) -> tuple[str, ...]:
    up = _age((now - one.started_at).total_seconds()) if one.started_at else ""
    name = one.name if one.name and is_only else f"{one.name} {one.uuid}".strip()
    return tuple(map(_plain, (name, _state(one), one.health, up, one.image, one.wanted_by)))


def _joined(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell + " " * (wide - cell_len(cell)) for cell, wide in zip(cells, widths)]  # noqa: B905 - the reason has no width
    return "  ".join([*padded, *cells[len(widths) :]]).rstrip()


def _plain(text: str) -> str:
    return plain(text.replace("\n", " "))


def _age(sec: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if sec >= 2 * length:
            return f"{sec / length:.0f} {unit}"
    return f"{max(0.0, sec):.0f} s"


def _state(one: MicroserviceStatus) -> str:
    if one.state == "PULLING" and one.percent:
        return f"{one.state} {one.percent:.0f} %"
    return f"{one.state} (refused)" if one.refused else one.state
