"""Whether what would open, or get worse, may do so now; what may not waits to be recorded. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import msgspec

from forepost.controller.alerts.metrics import Line
from forepost.controller.alerts.rules import Judgement, words
from forepost.controller.alerts.windows import Aims, WindowTable
from forepost.controller.calendar import is_in_any
from forepost.wire.rest.alerts import Rule, Severity
from forepost.wire.rest.maintenance import Window

MOST_UNWRITTEN: Final = 10_000
"""What was suppressed and waits to be recorded; more is counted and left out."""
AGAIN_AFTER: Final = timedelta(seconds=60)
"""What lasts is recorded again after so long, for its newest value and time."""

Kind = Literal["open", "worsen"]
Key = tuple[int, datetime, int, Line, Kind]
"""Window, when it began, rule, line, what did not happen."""


class Suppressed(msgspec.Struct, frozen=True, kw_only=True):
    """What did not open, or get worse, because of a window."""

    workspace_id: int
    window_id: int
    window_began_at: datetime
    kind: Kind
    rule_id: int
    rule_name: str
    line: Line
    metric: str
    value: float
    threshold: float
    severity: Severity
    text: str
    first_at: datetime
    last_at: datetime

    @property
    def key(self) -> Key:
        return self.window_id, self.window_began_at, self.rule_id, self.line, self.kind


class Suppression:
    """`aims`: see `windows.Aims`."""

    def __init__(self, aims: Aims = lambda _workspace_id, _line, target: {target} - {0}) -> None:
        self.aims = aims
        self._tables: dict[int, WindowTable] = {}
        self._unwritten: dict[Key, Suppressed] = {}
        self._written: dict[Key, Suppressed] = {}
        self.left_out = 0

    def replace(self, workspace_id: int, windows: Sequence[Window]) -> None:
        if windows:
            self._tables[workspace_id] = WindowTable(windows)
        else:
            self._tables.pop(workspace_id, None)

    @property
    def of_agents(self) -> set[int]:
        """The workspaces that have windows of agents."""
        return {one for one, table in self._tables.items() if table.names_agents}

    def covers(
        self, rule: Rule, line: Line, now: datetime, target_agent: int = 0
    ) -> tuple[Window, datetime] | None:
        """The window that is on over a line, and since when it is."""
        table = self._tables.get(rule.workspace_id)
        if table is None:
            return None
        return table.covering(
            rule, line, now, lambda: self.aims(rule.workspace_id, line, target_agent)
        )

    def hinders(
        self,
        rule: Rule,
        line: Line,
        kind: Kind,
        verdict: Judgement,
        now: datetime,
        target_agent: int = 0,
    ) -> bool:
        """Whether nothing may come of a verdict now. What a window suppresses is recorded."""
        if kind == "open" and rule.active_hours and not is_in_any(rule.active_hours, now):
            return True
        found = self.covers(rule, line, now, target_agent)
        if found is None:
            return False
        window, began = found
        self._suppress(
            Suppressed(
                workspace_id=rule.workspace_id,
                window_id=window.id,
                window_began_at=began,
                kind=kind,
                rule_id=rule.id,
                rule_name=rule.name,
                line=line,
                metric=verdict.metric,
                value=verdict.value,
                threshold=verdict.threshold,
                severity=verdict.severity,
                text=words(rule, verdict),
                first_at=now,
                last_at=now,
            )
        )
        return True

    def _suppress(self, found: Suppressed) -> None:
        key = found.key
        known = self._unwritten.get(key)
        if known is None and (written := self._written.get(key)) is not None:
            is_news = found.severity != written.severity
            if not is_news and found.last_at - written.last_at < AGAIN_AFTER:
                return
            known = written
        if known is None and len(self._unwritten) >= MOST_UNWRITTEN:
            self.left_out += 1
            return
        first_at = found.first_at if known is None else known.first_at
        self._unwritten[key] = msgspec.structs.replace(found, first_at=first_at)

    def unwritten(self) -> list[Suppressed]:
        return list(self._unwritten.values())

    def written(self, rows: Sequence[Suppressed], now: datetime) -> None:
        """These were recorded. What comes meanwhile waits for its turn."""
        for one in rows:
            if self._unwritten.get(one.key) is one:
                del self._unwritten[one.key]
            self._written[one.key] = one
        forgotten = now.astimezone(UTC) - timedelta(hours=1)
        for key in [k for k, one in self._written.items() if one.last_at < forgotten]:
            del self._written[key]
