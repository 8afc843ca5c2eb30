"""At which address this agent talks to its controller, which may name another one.

Nothing is believed that has not worked: the key is tried at the new address beside the conversation
at the old one; then a conversation has to come about there; then it is kept. Each of the two is
tried up to three times, as any answer may get lost; then again after ten minutes. The address of
the settings is kept with it, for the day on which the new one fails.
"""

import logging
from typing import Final

import msgspec

from forepost.agent.line import is_plain, why_not_move
from forepost.agent.node import Identity, Node
from forepost.agent.uplink.connection import Broken
from forepost.agent.uplink.enroll import standing
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.kit.http import Unreachable

SUBJECT: Final = "the controller's new address"
AGAIN_SEC: Final = 600.0
"""After a new address that did not work, and after one that did."""
TRIES: Final = 3
"""At a new address, before it is left alone for AGAIN_SEC."""
PAUSE_SEC: Final = 1.0
"""After the first time that nobody says whether the key is known there, twice as long after the
second. Between conversations it is the link that pauses."""
AWAY_SEC: Final = 30.0
"""After so long no further conversation is tried: where one would come about, results wait."""
HOME_EVERY: Final = 4
"""Of so many tries at an address that a controller named, one is at home while none works."""
_WORDS: Final = {"unknown": "it does not know this agent", "removed": "it has removed this agent"}

_log = logging.getLogger(__name__)


class Moved(Broken):
    """The conversation is to go on elsewhere."""


class Moves:
    def __init__(
        self, node: Node, clock: Clock, health: Health, *, allowed: bool, allow_plain: bool
    ) -> None:
        """`allowed`: whether the site lets its controller name another address."""
        self._node, self._clock, self._health = node, clock, health
        self.allowed, self._allow_plain = allowed, allow_plain
        self._kept: Identity | None = None
        self._next: Identity | None = None
        self._is_trying = False
        self._tries, self._back_after_sec = 0, 0.0
        self._failures = 0
        self._not_before_sec, self._why_not = 0.0, ""

    @property
    def url(self) -> str:
        """Where this agent talks; "" before it does."""
        return self._kept.url if self._kept is not None else ""

    def start(self, identity: Identity) -> None:
        self._kept = identity

    def turn(self) -> Identity:
        """Where to talk now."""
        assert self._kept is not None
        if self._next is not None:
            self._is_trying = True
            return self._next
        found = self._node.identity()
        if found is not None and found.named == self._kept.named:
            self._kept = found  # a `forepost join` may have brought another key
        if self._kept.home and self._failures % HOME_EVERY == HOME_EVERY - 1:
            home = msgspec.structs.replace(self._kept, url=self._kept.home, home="")
            if not is_plain(home.url):
                return home
        return self._kept

    def worked(self, identity: Identity) -> None:
        """A conversation came about."""
        has_moved = self._next is not None and self._next.url == identity.url
        self._failures, self._next, self._is_trying = 0, None, False
        self._health.well(SUBJECT)  # it may name no other address any more
        if has_moved:
            # Two that name each other would have it to and fro, every second.
            self._not_yet(f"{identity.url} names another address, and this agent has just come")
        if identity == self._kept:
            return
        _log.info("its controller is at %s now: %s", identity.url, (self._kept or identity).named)
        self._kept = identity
        try:
            self._node.keep(identity)
        except OSError as error:
            self._health.ill(SUBJECT, f"{identity.url} cannot be kept: {error.strerror}")

    def failed(self, why: str) -> None:
        """No conversation came about, or one ended."""
        if self._next is None or not self._is_trying:
            self._failures += 1
            return
        self._is_trying = False
        self._tries += 1
        if self._tries == TRIES or self._clock.monotonic() >= self._back_after_sec:
            self._not(self._next.url, f"no conversation comes about there ({why})")
            self._next = None

    async def consider(self, url: str) -> None:
        """A controller that we talk to says that it is there. Raises Moved when it is."""
        if self._kept is None or url == self._kept.url:
            return
        kept = self._kept
        why_not = why_not_move(
            kept.url, url, allow_plain=self._allow_plain, pin_sha256=kept.pin_sha256
        )
        if why_not:
            self._health.ill(SUBJECT, f"{url}: {why_not}")
            return
        there = msgspec.structs.replace(kept, url=url, home=kept.home or kept.url)
        if url == there.home:
            there = msgspec.structs.replace(there, home="")
        while True:
            wait_sec = self._not_before_sec - self._clock.monotonic()
            if wait_sec > 0:
                self._health.ill(SUBJECT, self._why_not)
                await self._clock.sleep(wait_sec)
            found = await self._standing(there)
            if found == "known":
                self._next, self._tries = there, 0
                self._back_after_sec = self._clock.monotonic() + AWAY_SEC
                raise Moved(f"the controller is at {url} now")
            self._not(url, _WORDS.get(found, found))

    async def _standing(self, there: Identity) -> str:
        """Return what the controller there makes of our key, or why none says."""
        tries = 0
        while True:
            try:
                return await standing(self._node.way, there)
            except (Unreachable, OSError) as error:
                tries += 1
                if tries == TRIES:
                    return str(error)
            await self._clock.sleep(tries * PAUSE_SEC)

    def _not(self, url: str, why: str) -> None:
        self._not_yet(f"{url}: {why}; going on at {self.url}")
        self._health.ill(SUBJECT, self._why_not)

    def _not_yet(self, why: str) -> None:
        self._not_before_sec, self._why_not = self._clock.monotonic() + AGAIN_SEC, why
