"""Which routes an alert takes, and why. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from forepost.controller.calendar import is_in
from forepost.wire.labels import has_all
from forepost.wire.rest.routes import NoticeRoute, RouteMatch, RouteVerdict


class RoutedAlert(msgspec.Struct, frozen=True, kw_only=True):
    """What routes look at."""

    labels: Mapping[str, Any]
    """Of the probe, and those of the agent that the probe has none of."""
    severity: str
    rule_id: int | None
    agent_id: int | None
    probe_type: str
    metric: str
    is_told: bool
    """Whether its rule tells somebody by itself."""


def verdicts(routes: Sequence[NoticeRoute], alert: RoutedAlert, at: datetime) -> list[RouteVerdict]:
    """What each route says, in their order."""
    found: list[RouteVerdict] = []
    ended_by = ""
    for route in routes:
        why_not = _why_not(route, alert, at, ended_by)
        found.append(
            RouteVerdict(
                route_id=route.id,
                name=route.name,
                matches=not why_not,
                why=why_not or _why(route),
                channel_ids=route.channel_ids,
            )
        )
        if not why_not and route.stop:
            ended_by = route.name
    return found


def channel_ids(found: Sequence[RouteVerdict]) -> list[int]:
    """The channels of all routes that match, each once."""
    led = (number for one in found if one.matches for number in one.channel_ids)
    return list(dict.fromkeys(led))


def _why_not(route: NoticeRoute, alert: RoutedAlert, at: datetime, ended_by: str) -> str:
    """In words; empty: it matches."""
    if not route.enabled:
        return "enabled: it is switched off"
    if ended_by:
        return f"stop: the route {ended_by!r} before it was the last"
    if alert.is_told and not route.also:
        return "also: the alert's rule tells somebody by itself"
    if why_not := _unlike(route.match, alert):
        return why_not
    if route.hours is not None and not is_in(route.hours, at):
        hours = route.hours
        days = f" {', '.join(hours.weekdays)}" if hours.weekdays else ""
        return f"hours: not within {hours.from_} to {hours.to}{days} in {hours.timezone}"
    return ""


def _unlike(match: RouteMatch, alert: RoutedAlert) -> str:
    if not has_all(alert.labels, match.labels):
        other = [
            name for name, one in match.labels.items() if not has_all(alert.labels, {name: one})
        ]
        return f"labels: {other[0]!r} is not {match.labels[other[0]]!r}"
    chosen: tuple[tuple[str, Sequence[object], object], ...] = (
        ("severities", match.severities, alert.severity),
        ("rule_ids", match.rule_ids, alert.rule_id),
        ("agent_ids", match.agent_ids, alert.agent_id),
        ("probe_types", match.probe_types, alert.probe_type),
        ("metrics", match.metrics, alert.metric),
    )
    for field, wanted, value in chosen:
        if wanted and value not in wanted:
            return f"{field}: {value or 'none'} is none of {', '.join(map(str, wanted))}"
    return ""


def _why(route: NoticeRoute) -> str:
    asked = msgspec.to_builtins(route.match)
    named = [field for field, one in asked.items() if one]
    named += ["hours"] if route.hours is not None else []
    return f"{', '.join(named)}: as asked" if named else "it is for all alerts"
