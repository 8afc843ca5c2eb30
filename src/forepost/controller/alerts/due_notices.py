"""Tells what is due of incidents though nothing happens: growth, and what waited."""

from forepost.controller.alerts.ledger import Ledger
from forepost.kit.clock import Clock
from forepost.kit.health import Health

SUBJECT = "incident notices"


class DueNotices:
    """`turn_sec`: how often it looks."""

    def __init__(self, ledger: Ledger, clock: Clock, health: Health, turn_sec: float) -> None:
        self._ledger, self._clock, self._health = ledger, clock, health
        self._turn_sec = turn_sec

    async def run(self) -> None:
        while True:
            await self._clock.sleep(self._turn_sec)
            try:
                await self._ledger.tell_due(self._clock.now())
            except Exception as error:  # noqa: BLE001 - said in /readyz, and tried again
                self._health.ill(SUBJECT, f"{type(error).__name__}: {error}")
            else:
                self._health.well(SUBJECT)
