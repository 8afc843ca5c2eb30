"""Writes down what the watch has seen, many moves in one transaction, and says so."""

import logging
from collections.abc import Callable, Sequence
from typing import Final, Literal

import anyio
from sqlalchemy.exc import IntegrityError

from forepost.controller.alerts.change import Change, ChangeKind, Ending
from forepost.controller.alerts.ledger import Ledger
from forepost.controller.alerts.move_queue import Move
from forepost.controller.alerts.watch import Watch
from forepost.controller.db.failures import LOST, failure_of
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.wire.rest.alerts import Alert

FIRST_PAUSE_SEC, LONGEST_PAUSE_SEC = 0.5, 30.0
SUBJECT: Final = "alerts"
TOGETHER: Final = 200
"""Moves in one transaction at most: what is critical and comes meanwhile waits no longer."""
MOST_TRIES: Final = 3
"""Of what cannot be written though the database is there: it may have been in another's way."""

Event = Literal["opened", "changed", "resolved"]
Tell = Callable[[Event, Alert], None]

_log = logging.getLogger(__name__)


class AlertWriter:
    """The order of moves of a line is kept: while the store fails, all of them wait."""

    def __init__(
        self, watch: Watch, ledger: Ledger, tell: Tell, clock: Clock, health: Health
    ) -> None:
        self._watch, self._ledger, self._tell = watch, ledger, tell
        self._clock, self._health = clock, health
        self._at_hand: Sequence[Move] = ()
        """Taken out of the queue, and not written yet."""
        self.opened = 0
        """Alerts since the start."""
        self.resolved = 0

    async def run(self) -> None:
        watch = self._watch
        while True:
            if not self._at_hand:
                if not watch.moves:
                    watch.some = anyio.Event()
                    await watch.some.wait()
                self._at_hand = watch.moves.first(TOGETHER)
            await self._until_written(self._at_hand)
            self._at_hand = ()

    async def _until_written(self, moves: Sequence[Move]) -> None:
        pause, tries = FIRST_PAUSE_SEC, 0
        while True:
            try:
                await self._write(moves)
            except Exception as error:  # noqa: BLE001 - said in /readyz, and tried again
                if not isinstance(error, LOST) and failure_of(error) is None:
                    if len(moves) > 1:
                        for move in moves:  # what cannot be kept must not cost the others
                            await self._until_written([move])
                        return
                    tries += 1
                    if tries >= MOST_TRIES or isinstance(error, IntegrityError):
                        _log.exception("an alert that can never be written is left out")
                        moves[0].watched.forget(moves[0].line)
                        self._health.well(SUBJECT)
                        return
                self._health.ill(SUBJECT, f"{type(error).__name__}: {error}")
                await self._clock.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SEC)
            else:
                self._health.well(SUBJECT)
                return

    async def _write(self, moves: Sequence[Move]) -> None:
        current = [one for one in moves if one.begun is None or self._is_current(one)]
        now = self._clock.now()
        written = await self._ledger.write(current, now)
        for move, alert in zip(current, written, strict=True):
            if alert is not None:
                self.said(_EVENT[move.kind], alert)
            elif move.kind == "open":
                move.watched.forget(move.line)
        # Of a rule that was changed meanwhile nobody would resolve them.
        late = [one for one in current if one.kind == "open" and not self._is_current(one)]
        over = await self._ledger.write([_taken_back(move) for move in late], now) if late else []
        for alert in over:
            if alert is not None:
                self.said("resolved", alert)

    def _is_current(self, move: Move) -> bool:
        return self._watch.known.get(move.watched.rule.id) is move.watched

    def said(self, event: Event, alert: Alert) -> None:
        """Count, and tell the panels where the rule wants them told."""
        if event == "opened":
            self.opened += 1
        elif event == "resolved":
            self.resolved += 1
        watched = self._watch.known.get(alert.alert_rule_id)
        if watched is None or watched.rule.notify_panel:
            self._tell(event, alert)


_EVENT: Final[dict[ChangeKind, Event]] = {
    "open": "opened",
    "worsen": "changed",
    "ease": "changed",
    "resolve": "resolved",
    "replay": "changed",
}


def _taken_back(move: Move) -> Change:
    return Change(
        kind="resolve",
        workspace_id=move.workspace_id,
        rule_id=move.rule_id,
        line=move.line,
        ending=Ending("rule_changed"),
    )
