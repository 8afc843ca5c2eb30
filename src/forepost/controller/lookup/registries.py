"""Asks registries, once for all who want to know the same, and keeps what they say."""

from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta
from typing import Final, Protocol

import anyio
from msgspec import UNSET

from forepost.controller.access.limits import Limiter
from forepost.controller.lookup.store import RegistryText, StoredRegistration
from forepost.kit.clock import Clock
from forepost.kit.errors import Refusal, Unavailable
from forepost.wire.rest.lookup import Whois

AT_ONCE: Final = 4
WAITING: Final = 32
"""Queries beyond those that are on their way; one more is refused."""
UNKNOWN_TTL: Final = timedelta(hours=1)
PRUNE_EVERY: Final = 50
"""New answers between two prunings."""

Ask = Callable[[str], Awaitable[RegistryText]]
"""Query -> answer. Raises Unavailable."""


class RegistrationRows(Protocol):
    """What `store.Answers` does."""

    async def get(self, query: str) -> StoredRegistration | None:
        """Return what is kept of a query; None: nothing."""
        ...

    async def keep(self, query: str, said: RegistryText, now: datetime) -> None:
        """Keep what a registry said, in place of what is there."""
        ...

    async def prune(self) -> None:
        """Drop what was kept longest ago, down to the bound."""
        ...


class _Flight:
    """A query on its way. Without an outcome who flew it was cancelled."""

    def __init__(self) -> None:
        self.landed = anyio.Event()
        self.outcome: StoredRegistration | Unavailable | None = None


class Registries:
    def __init__(
        self,
        ask: Ask | None,
        rows: RegistrationRows,
        clock: Clock,
        *,
        ttl_hours: int,
        per_minute: int,
    ) -> None:
        """`ask`: None where registries are not to be asked. `per_minute`: for each account."""
        self._ask, self._rows, self._clock = ask, rows, clock
        self._ttl = timedelta(hours=ttl_hours)
        self._limiter = Limiter(per_minute, clock)
        self._flights: dict[str, _Flight] = {}
        self._lines = anyio.CapacityLimiter(AT_ONCE)
        self._since_pruning = 0

    async def kept(self, query: str) -> Whois | None:
        """The answer that is kept, however old."""
        kept = await self._rows.get(query)
        if kept is None:
            return None
        return Whois(
            query=query,
            raw_output=kept.said.raw,
            parsed=kept.said.parsed,
            lookup_time_ms=0,
            cached=True,
            cache_time=kept.said_at,
        )

    async def look_up(self, query: str, who: Hashable) -> Whois:
        """Raises Unavailable and TooMany; a kept answer, however old, is better than those."""
        if self._ask is None:
            raise Unavailable("WHOIS: switched off (lookups.whois)")
        began = self._clock.monotonic()
        kept = await self._rows.get(query)
        cached = True
        if kept is None or not self._fresh(kept):
            try:
                kept, cached = await self._asked(self._ask, query, who), False
            except Refusal:
                if kept is None:
                    raise
        return Whois(
            query=query,
            raw_output=kept.said.raw,
            parsed=kept.said.parsed,
            lookup_time_ms=round((self._clock.monotonic() - began) * 1000),
            cached=cached or UNSET,
            cache_time=kept.said_at if cached else UNSET,
        )

    def _fresh(self, kept: StoredRegistration) -> bool:
        ttl = self._ttl if kept.said.found else min(self._ttl, UNKNOWN_TTL)
        return self._clock.now() - kept.said_at < ttl

    async def _asked(self, ask: Ask, query: str, who: Hashable) -> StoredRegistration:
        while (flight := self._flights.get(query)) is not None:
            await flight.landed.wait()
            if isinstance(flight.outcome, StoredRegistration):
                return flight.outcome
            if flight.outcome is not None:
                raise flight.outcome
        if len(self._flights) >= AT_ONCE + WAITING:
            raise Unavailable("WHOIS: too many lookups at once, try again")
        self._limiter.spend(who)
        return await self._fly(ask, query)

    async def _fly(self, ask: Ask, query: str) -> StoredRegistration:
        flight = self._flights[query] = _Flight()
        try:
            async with self._lines:
                said = await ask(query)
            kept = StoredRegistration(said, self._clock.now())
            await self._keep(query, kept)
            flight.outcome = kept
            return kept
        except Unavailable as reason:
            flight.outcome = reason
            raise
        finally:
            del self._flights[query]
            flight.landed.set()

    async def _keep(self, query: str, kept: StoredRegistration) -> None:
        await self._rows.keep(query, kept.said, kept.said_at)
        self._since_pruning += 1
        if self._since_pruning >= PRUNE_EVERY:
            self._since_pruning = 0
            await self._rows.prune()
