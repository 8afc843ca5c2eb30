"""Whether a rule makes sense, as far as itself says. Pure; raises Invalid."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import msgspec

from forepost.controller.alerts.hours_alike import FEWEST_HOURS
from forepost.controller.alerts.metrics import (
    AT_TURNS,
    CHANGES,
    FROM_SERIES,
    HAS_BASELINE,
    HOST_TYPES,
    OF_TYPE,
    OF_WORKSPACE,
    can_report,
)
from forepost.controller.alerts.quiet import never_end
from forepost.controller.alerts.rules import DOWNWARDS, UPWARDS
from forepost.controller.calendar import check_hours, zone_of
from forepost.kit.errors import Invalid
from forepost.wire.rest.alerts import NewRule
from forepost.wire.rest.notify import Channel

Acceptable = Callable[[Channel], str | None]
"""Why a channel cannot be used; None: it can."""

_SOME_DAY: Final = datetime(2026, 1, 7, 12, tzinfo=UTC)


def one_condition(rule: NewRule) -> NewRule:
    """The same; without what would join a second condition, where it has none."""
    if rule.metric2 is not None:
        return rule
    return msgspec.structs.replace(rule, operator2=None, threshold2=None, logical_op=None)


def check_rule(rule: NewRule, acceptable: Acceptable) -> None:
    _check_second(rule)
    _check_threshold(rule)
    if rule.for_count > rule.of_count:
        raise Invalid("for_count: cannot be more than of_count")
    if rule.probe_id is not None and rule.metric in AT_TURNS:
        raise Invalid(f"probe_id: {rule.metric} is not of a probe")
    if rule.agent_id is not None and rule.metric in OF_WORKSPACE:
        raise Invalid(f"agent_id: {rule.metric} is of the whole workspace")
    if rule.no_data_sec and not OF_TYPE[rule.metric]:
        raise Invalid(f"no_data_sec: no results say {rule.metric}")
    _check_times(rule)
    _check_channels(rule, acceptable)


def _check_times(rule: NewRule) -> None:
    zone_of(rule.timezone)
    check_hours(rule.active_hours, "active_hours")
    check_hours(rule.quiet_hours, "quiet_hours")
    if never_end(rule.quiet_hours, _SOME_DAY):
        raise Invalid("quiet_hours: they never end")
    if rule.escalate_after_minutes and not (
        rule.escalate_channel_ids or rule.escalate_apprise_urls
    ):
        raise Invalid("escalate_after_minutes: needs escalate_channel_ids or escalate_apprise_urls")
    if rule.baseline_by == "none":
        return
    if rule.threshold_type == "static" and rule.metric not in FROM_SERIES - {"health_score"}:
        raise Invalid("baseline_by: needs a dynamic threshold (threshold_type)")
    fewest = FEWEST_HOURS + 1 if rule.baseline_by == "hour" else 7 * (FEWEST_HOURS + 1)
    if rule.baseline_window_days < fewest:
        raise Invalid(f"baseline_window_days: {rule.baseline_by} needs {fewest} at least")


def _check_second(rule: NewRule) -> None:
    if rule.metric2 is None:
        return
    for field in ("operator2", "threshold2", "logical_op"):
        if getattr(rule, field) is None:
            raise Invalid(f"{field}: is needed with metric2")
    if rule.metric2 in AT_TURNS | FROM_SERIES:
        raise Invalid(f"metric2: {rule.metric2} can only be the first")


def _check_threshold(rule: NewRule) -> None:
    upwards = rule.operator in UPWARDS
    if rule.threshold_type != "static":
        if rule.metric not in HAS_BASELINE:
            known = ", ".join(sorted(HAS_BASELINE))
            raise Invalid(f"threshold_type: only {known} have a baseline")
        if not upwards and rule.operator not in DOWNWARDS:
            raise Invalid("operator: a dynamic threshold needs > or <")
    _check_critical(rule, upwards=upwards)
    if rule.recovery_threshold is None:
        return
    if rule.threshold_type != "static":
        raise Invalid("recovery_threshold: only for a static threshold")
    if rule.metric in CHANGES or not (upwards or rule.operator in DOWNWARDS):
        raise Invalid("recovery_threshold: needs a metric of degree and > or <")
    beyond = rule.recovery_threshold - rule.threshold
    if (beyond > 0) if upwards else (beyond < 0):
        raise Invalid("recovery_threshold: must be on the good side of threshold")


def _check_critical(rule: NewRule, *, upwards: bool) -> None:
    if rule.critical_threshold is None:
        return
    if rule.threshold_type != "static":
        raise Invalid("critical_threshold: only for a static threshold")
    if rule.severity != "warning":
        raise Invalid("critical_threshold: needs severity warning, which it is below it")
    if rule.metric in CHANGES or not (upwards or rule.operator in DOWNWARDS):
        raise Invalid("critical_threshold: needs a metric of degree and > or <")
    beyond = rule.critical_threshold - rule.threshold
    if (beyond < 0) if upwards else (beyond > 0):
        raise Invalid("critical_threshold: must be on the bad side of threshold")


def _check_channels(rule: NewRule, acceptable: Acceptable) -> None:
    if rule.notify_webhook and not rule.webhook_url:
        raise Invalid("webhook_url: is needed with notify_webhook")
    if rule.webhook_url and (why := acceptable(Channel(kind="webhook", url=rule.webhook_url))):
        raise Invalid(f"webhook_url: {why}")
    for field in ("apprise_urls", "escalate_apprise_urls"):
        for place, url in enumerate(getattr(rule, field)):
            if why := acceptable(Channel(kind="apprise", url=url)):
                raise Invalid(f"{field}[{place}]: {why}")


def check_reports(rule: NewRule, probe_type: str) -> None:
    """Whether the probe that a rule names can ever say its metrics."""
    if not can_report(probe_type, rule.metric):
        raise Invalid(f"metric: a probe of type {probe_type} never reports {rule.metric}")
    if rule.metric2 is None or can_report(probe_type, rule.metric2):
        return
    if not HOST_TYPES.intersection(OF_TYPE[rule.metric2]):
        raise Invalid(f"metric2: a probe of type {probe_type} never reports {rule.metric2}")
