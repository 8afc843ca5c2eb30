"""From a stored result of type FLOWS to what is counted of it. Pure."""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

import msgspec

from forepost.controller.flows.figures import Figures, counts_of, of_minute
from forepost.controller.flows.rollup import Counts, Key, Kind, Ranking, StoredList, minus
from forepost.controller.series.port import Row
from forepost.wire.base import complaint
from forepost.wire.flows.rollup import FlowMinute, Named, Talk

MINUTE_SEC: Final = 60
HALF_US: Final = 30_000_000
KEY_BYTES: Final = 8
FUTURE_SEC: Final = 86_400
"""A minute may lie so far ahead of the time when it came: somebody's clock."""

_decoder = msgspec.json.Decoder(FlowMinute)


class UnreadableMinute(Exception):
    """No minute of traffic that could be counted; the text says why."""


class Minute(msgspec.Struct, frozen=True):
    agent_id: int
    start: int
    """Unix seconds, by the corrected time of the result."""
    key: bytes
    """What this report is known by in its hour, however often it is sent."""
    figures: Figures
    lists: dict[Kind, StoredList]


def start_of(created_us: int) -> int:
    """The minute that a result is about: its time is the start, give or take a clock's error."""
    return (created_us + HALF_US) // (2 * HALF_US) * MINUTE_SEC


def opened(row: Row) -> Minute:
    """Raises UnreadableMinute."""
    try:
        minute = _decoder.decode(row.payload)
    except msgspec.ValidationError as error:
        raise UnreadableMinute(complaint(error)) from None
    except (msgspec.DecodeError, RecursionError) as error:
        raise UnreadableMinute(f"not JSON: {error}") from None
    start = start_of(row.created_us)
    if not 0 <= start <= row.received_us // 1_000_000 + FUTURE_SEC:
        raise UnreadableMinute("of the future")
    return Minute(
        agent_id=row.agent_id,
        start=start,
        key=blake2b(f"{row.created_us} {row.identity}".encode(), digest_size=KEY_BYTES).digest(),
        figures=of_minute(minute),
        lists=lists_of(minute),
    )


def lists_of(minute: FlowMinute) -> dict[Kind, StoredList]:
    """Each with its rest, the total less what it holds. Raises UnreadableMinute."""
    total = counts_of(minute.total)
    groups = Ranking()
    for one in minute.groups:
        groups.add((one.name,), one.label, counts_of(one))
    return {
        "devices": _list("devices", _named(minute.devices.top), total),
        "applications": _list("applications", _named(minute.applications.top), total),
        "remotes": _list("remotes", _named(minute.remotes.top), total),
        "groups": groups.kept(len(groups.sums)),
        "talks": _list("talks", _talks(minute.talks.top), total),
    }


def _list(field: str, rows: Iterable[tuple[Key, str, Counts]], total: Counts) -> StoredList:
    ranking = Ranking()
    rest = total
    for key, label, counts in rows:
        ranking.add(key, label, counts)
        rest = minus(rest, counts)
    if min(rest) < 0:
        raise UnreadableMinute(f"{field}: more than the total")
    ranking.rest = rest
    return ranking.kept(len(ranking.sums))


def _named(rows: Iterable[Named]) -> Iterable[tuple[Key, str, Counts]]:
    return (((row.name,), row.label, counts_of(row)) for row in rows)


def _talks(rows: Iterable[Talk]) -> Iterable[tuple[Key, str, Counts]]:
    return (
        ((row.device, row.application, row.remote, *row.groups), "", counts_of(row)) for row in rows
    )
