"""What is to be written down of alerts."""

from datetime import datetime
from typing import Final, Literal

import msgspec

from forepost.controller.alerts.metrics import Line
from forepost.wire.rest.alerts import Severity
from forepost.wire.rest.notify import Ended

ChangeKind = Literal["open", "worsen", "ease", "resolve", "replay"]
"""replay: it was, and is over."""


class NewAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A condition that has become true, as it was judged."""

    workspace_id: int
    rule_id: int
    line: Line
    metric: str
    value: float | None
    threshold: float | None
    severity: Severity
    text: str
    at: datetime
    baseline: str = ""
    went_together: bool = False
    """One of many agents that went silent at about the same time."""


class Ending(msgspec.Struct, frozen=True):
    """How an alert ended, with the last value and the worst."""

    ended: Ended
    last_value: float | None = None
    worst_value: float | None = None


RECOVERED: Final = Ending("recovered")


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be written of one line of a rule."""

    kind: ChangeKind
    workspace_id: int
    rule_id: int
    line: Line
    begun: NewAlert | None = None
    """None: it is over."""
    ending: Ending = RECOVERED
    ended_at: datetime | None = None
    """Of a replay."""


class EndedAlert(msgspec.Struct, frozen=True):
    """An alert that is over, whose cooldown a restart may find."""

    rule_id: int
    line: Line
    ended_at: datetime
    by_hand: bool


class Open(msgspec.Struct, frozen=True):
    """An alert that is open, as a restart finds it."""

    rule_id: int
    line: Line
    metric: str
    severity: Severity
    baseline: str
    last_value: float | None = None
    worst_value: float | None = None
