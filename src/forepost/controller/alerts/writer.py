"""Writes down what the watch has seen, one move after the other, and says so."""

import logging
from collections.abc import Callable
from typing import Final, Literal

import anyio
from sqlalchemy.exc import IntegrityError

from forepost.controller.alerts.ledger import Ledger
from forepost.controller.alerts.watch import Move, Watch
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.wire.rest.alerts import Alert

FIRST_PAUSE_SEC, LONGEST_PAUSE_SEC = 0.5, 30.0
SUBJECT: Final = "alerts"

Event = Literal["opened", "changed", "resolved"]
Tell = Callable[[Event, Alert], None]

_log = logging.getLogger(__name__)


class AlertWriter:
    """The order of moves is kept: while the store fails, all of them wait."""

    def __init__(
        self, watch: Watch, ledger: Ledger, tell: Tell, clock: Clock, health: Health
    ) -> None:
        self._watch, self._ledger, self._tell = watch, ledger, tell
        self._clock, self._health = clock, health
        self.opened = 0
        """Alerts since the start."""
        self.resolved = 0

    async def run(self) -> None:
        watch = self._watch
        while True:
            if not watch.moves:
                watch.some = anyio.Event()
                await watch.some.wait()
            await self._until_written(watch.moves[0])
            watch.moves.popleft()

    async def _until_written(self, move: Move) -> None:
        pause = FIRST_PAUSE_SEC
        while True:
            try:
                await self._write(move)
            except IntegrityError:
                _log.exception("an alert that can never be written is left out")
                move.watched.streaks.pop(move.line, None)
                return
            except Exception as error:  # noqa: BLE001 - said in /readyz, and tried again
                self._health.ill(SUBJECT, f"{type(error).__name__}: {error}")
                await self._clock.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_SEC)
            else:
                self._health.well(SUBJECT)
                return

    async def _write(self, move: Move) -> None:
        rule, now = move.watched.rule, self._clock.now()
        if move.begun is None:
            over = await self._ledger.resolve(rule.workspace_id, rule.id, move.line, now)
            if over is not None:
                self.said("resolved", over)
            return
        if not self._current(move):
            return
        if move.kind == "worsen":
            worse = await self._ledger.worsen(move.begun, now)
            if worse is not None:
                self.said("changed", worse)
            return
        alert = await self._ledger.open(move.begun, now)
        if alert is None:
            move.watched.streaks.pop(move.line, None)
            return
        self.said("opened", alert)
        if not self._current(move):  # the rule was changed meanwhile: nobody would resolve it
            over = await self._ledger.resolve(rule.workspace_id, rule.id, move.line, now)
            if over is not None:
                self.said("resolved", over)

    def _current(self, move: Move) -> bool:
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
