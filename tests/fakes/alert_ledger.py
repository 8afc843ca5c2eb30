"""A ledger of alerts in RAM that can be down."""

from collections.abc import Sequence
from typing import Any

from forepost.controller.alerts.change import Change, NewAlert
from forepost.controller.alerts.metrics import Line
from forepost.wire.rest.alerts import Alert
from tests.fakes.clock import START


class FakeLedger:
    """Keeps the open alerts, one for each streak, and can be down."""

    def __init__(self) -> None:
        self.down = False
        self.open_ones: dict[tuple[int, Line], Alert] = {}
        self.said: list[str] = []

    async def write(self, changes: Sequence[Change], now: Any) -> list[Alert | None]:
        self._check()
        return [
            self._resolve(change) if change.begun is None else self._open(change.begun)
            for change in changes
        ]

    def _open(self, begun: NewAlert) -> Alert:
        key = (begun.rule_id, begun.line)
        self.open_ones.setdefault(key, alert_of(begun, len(self.said) + 1))
        self.said.append(f"open {begun.line[0]} {begun.metric} {begun.value:g}")
        return self.open_ones[key]

    def _resolve(self, change: Change) -> Alert | None:
        ended = "" if change.ending.ended == "recovered" else f" {change.ending.ended}"
        self.said.append(f"resolve {change.line[0]}{ended}")
        return self.open_ones.pop((change.rule_id, change.line), None)

    def _check(self) -> None:
        if self.down:
            raise OSError("the disk is full")


def alert_of(begun: NewAlert, number: int) -> Alert:
    return Alert(
        id=number,
        created_at=START,
        updated_at=START,
        alert_rule_id=begun.rule_id,
        rule_name="r",
        workspace_id=begun.workspace_id,
        probe_id=begun.line[0],
        agent_id=begun.line[1],
        probe_type=begun.line[2],
        probe_name="",
        probe_target="",
        agent_name="",
        metric=begun.metric,
        value=begun.value,
        threshold=begun.threshold,
        severity=begun.severity,
        status="active",
        message=begun.text,
        triggered_at=begun.at,
        resolved_at=None,
        acknowledged_at=None,
        acknowledged_by=None,
        incident_id=None,
    )
