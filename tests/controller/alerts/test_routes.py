"""Which routes an alert takes, and why: pure."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from forepost.controller.alerts.routes import RoutedAlert, channel_ids, verdicts
from forepost.wire.rest.hours import Hours
from forepost.wire.rest.routes import NoticeRoute, RouteMatch
from tests.fakes.clock import START

NIGHT = Hours(timezone="Europe/Berlin", from_="22:00", to="06:00")
AT_NIGHT = datetime(2026, 7, 1, 21, 30, tzinfo=UTC)
"""23:30 in Berlin, and 20:30 is not."""
BY_DAY = datetime(2026, 7, 1, 12, tzinfo=UTC)
ALERT = RoutedAlert(
    labels={"env": "production", "tier": 1},
    severity="critical",
    rule_id=7,
    agent_id=10,
    probe_type="PING",
    metric="packet_loss",
    is_told=False,
)


def route(number: int, **fields: Any) -> NoticeRoute:
    given: dict[str, Any] = {
        "id": number,
        "created_at": START,
        "updated_at": START,
        "workspace_id": 1,
        "position": number,
        "name": f"r{number}",
        "match": RouteMatch(),
        "hours": None,
        "channel_ids": [number],
        "also": False,
        "stop": True,
        "enabled": True,
        "external_id": "",
    }
    return NoticeRoute(**{**given, **fields})


@pytest.mark.parametrize(
    ("fields", "at", "why"),
    [
        ({}, BY_DAY, "it is for all alerts"),
        ({"match": RouteMatch(labels={"env": "production"})}, BY_DAY, "labels: as asked"),
        ({"match": RouteMatch(labels={"tier": True})}, BY_DAY, "labels: 'tier' is not True"),
        ({"match": RouteMatch(labels={"site": "x"})}, BY_DAY, "labels: 'site' is not 'x'"),
        (
            {"match": RouteMatch(severities=["warning"])},
            BY_DAY,
            "severities: critical is none of warning",
        ),
        ({"match": RouteMatch(rule_ids=[8, 9])}, BY_DAY, "rule_ids: 7 is none of 8, 9"),
        ({"match": RouteMatch(agent_ids=[11])}, BY_DAY, "agent_ids: 10 is none of 11"),
        ({"match": RouteMatch(probe_types=["MTR"])}, BY_DAY, "probe_types: PING is none of MTR"),
        ({"match": RouteMatch(metrics=["loss"])}, BY_DAY, "metrics: packet_loss is none of loss"),
        ({"hours": NIGHT}, AT_NIGHT, "hours: as asked"),
        ({"hours": NIGHT}, BY_DAY, "hours: not within 22:00 to 06:00 in Europe/Berlin"),
        ({"enabled": False}, BY_DAY, "enabled: it is switched off"),
        (
            {
                "match": RouteMatch(
                    severities=["critical"], rule_ids=[7], metrics=["packet_loss", "loss"]
                ),
                "hours": NIGHT,
            },
            AT_NIGHT,
            "severities, rule_ids, metrics, hours: as asked",
        ),
    ],
)
def test_one_route(fields: dict[str, Any], at: datetime, why: str) -> None:
    (found,) = verdicts([route(1, **fields)], ALERT, at)
    assert found.why == why
    assert found.matches == (why.endswith("as asked") or why == "it is for all alerts")


def test_the_first_that_matches_is_the_last_unless_it_says_otherwise() -> None:
    night = route(1, hours=NIGHT)
    copies = route(2, stop=False, channel_ids=[5, 6])
    rest, never = route(3, channel_ids=[6, 7]), route(4)
    found = verdicts([night, copies, rest, never], ALERT, BY_DAY)
    assert [one.matches for one in found] == [False, True, True, False]
    assert found[3].why == "stop: the route 'r3' before it was the last"
    assert channel_ids(found) == [5, 6, 7]
    assert channel_ids(verdicts([night, copies, rest, never], ALERT, AT_NIGHT)) == [1]


def test_who_is_told_by_a_rule_is_told_by_routes_that_say_so() -> None:
    told = msgspec.structs.replace(ALERT, is_told=True)
    found = verdicts([route(1), route(2, also=True)], told, BY_DAY)
    assert [one.matches for one in found] == [False, True]
    assert found[0].why == "also: the alert's rule tells somebody by itself"


def test_what_an_alert_has_nothing_of_is_none_of_anything() -> None:
    bare = msgspec.structs.replace(ALERT, agent_id=None, probe_type="", labels={})
    (found,) = verdicts([route(1, match=RouteMatch(agent_ids=[1]))], bare, BY_DAY)
    assert found.why == "agent_ids: none is none of 1"
