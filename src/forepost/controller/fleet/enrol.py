"""How an agent becomes known: a PIN once, for a PSK for good."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from forepost.controller.access.actor import Actor
from forepost.controller.access.guard import Caller
from forepost.controller.access.limits import Limiter
from forepost.controller.access.tokens import (
    Passwords,
    new_pin,
    new_psk,
    nonce_sha256,
    psk_matches,
    psk_of_trade,
    psk_sha256,
)
from forepost.controller.fleet.pending_pins import PendingPins
from forepost.controller.fleet.pins import NewPin
from forepost.controller.fleet.roster import DELETED, AgentCredentials, Roster, Stranger
from forepost.controller.fleet.store import Agents
from forepost.kit.clock import Clock
from forepost.kit.errors import NotFound
from forepost.wire.rest.bodies import Agent, AgentLogin, AgentSession

PIN_SEC: Final = 86_400
"""How long a PIN is good for, unless it is said."""


class PinTries(msgspec.Struct, frozen=True):
    """How often PINs may be tried; wrong ones only. A PSK is 256 bits and needs no limit."""

    address: Limiter
    agent: Limiter
    """One agent's PINs from all addresses: once it is spent the right one has to wait too, or else
    guessing would go on unhindered."""


class Enrolment:
    def __init__(
        self,
        agents: Agents,
        roster: Roster,
        passwords: Passwords,
        clock: Clock,
        neighbours_changed: Callable[[int], Awaitable[None]],
        secret: bytes,
    ) -> None:
        """`neighbours_changed`: what others share with this agent has ended with its PSK. `secret`:
        what the PSKs are made of that may have to be said twice.
        """
        self._neighbours_changed, self._secret = neighbours_changed, secret
        self._agents, self._roster = agents, roster
        self._passwords, self._clock = passwords, clock
        self.pending = PendingPins(clock)

    async def issue_pin(
        self, workspace_id: int, agent_id: int, by: Caller, length: int, ttl_sec: int
    ) -> str:
        """A new PIN; one that is still open ends. Only its hash is kept."""
        pin, new = await self._new_pin(by, length, ttl_sec)
        await self._agents.pins.add(workspace_id, agent_id, new)
        self.pending.add(agent_id, pin, by.user_id)
        return pin

    async def regenerate(
        self, workspace_id: int, agent_id: int, by: Caller, length: int, ttl_sec: int
    ) -> tuple[Agent, str]:
        """A PIN instead of the PSK, which ends with all that was opened with it."""
        pin, new = await self._new_pin(by, length, ttl_sec)
        agent = await self._agents.pins.disown(workspace_id, agent_id, new)
        await self._is_new(agent_id)
        self.pending.add(agent_id, pin, by.user_id)
        return agent, pin

    async def _new_pin(self, by: Caller, length: int, ttl_sec: int) -> tuple[str, NewPin]:
        pin = new_pin(length)
        hashed, now = await self._passwords.hash(pin), self._clock.now()
        return pin, NewPin(
            hashed=hashed,
            expires_at=now + timedelta(seconds=ttl_sec or PIN_SEC),
            created_at=now,
            by=by,
        )

    async def login(self, body: AgentLogin) -> tuple[int, AgentSession]:
        """HTTP status and answer to `POST /agent`, NetWatcher's for every case."""
        if body.psk:
            return await self._by_psk(body)
        if body.pin:
            return await self._by_pin(body)
        return 400, AgentSession(status="", error="psk_or_pin_required")

    async def who(self, body: AgentLogin) -> Actor:
        """Whose PIN is tried; without an id where there is no such agent."""
        if _possible(body):
            try:
                agent = await self._agents.get(body.workspace_id, body.agent_id)
            except NotFound:
                pass
            else:
                return Actor(name=agent.name, agent_id=agent.id)
        return Actor(name=f"agent {body.agent_id} of workspace {body.workspace_id}")

    async def _by_psk(self, body: AgentLogin) -> tuple[int, AgentSession]:
        try:
            known = await self._roster.admit(
                AgentCredentials(str(body.workspace_id), str(body.agent_id), body.psk)
            )
        except Stranger as refusal:
            if str(refusal) == DELETED:
                return 410, AgentSession(status="deleted", error="agent_deleted")
            return 401, AgentSession(status="", error="invalid_psk")
        agent = await self._agents.get(known.workspace_id, known.agent_id)
        return 200, AgentSession(status="ok", agent=agent)

    async def _by_pin(self, body: AgentLogin) -> tuple[int, AgentSession]:
        now = self._clock.now()
        refusal = 401, AgentSession(status="", error="pin_verification_failed")
        if not _possible(body):
            return refusal
        for pin_id, kept in (
            await self._agents.pins.open(body.workspace_id, body.agent_id, now)
        ).items():
            if not await self._passwords.matches(body.pin, kept):
                continue
            psk = psk_of_trade(self._secret, pin_id, body.nonce) if body.nonce else new_psk()
            agent = await self._agents.pins.enrol(
                body.workspace_id,
                body.agent_id,
                pin_id,
                psk_sha256(psk),
                now,
                nonce_sha256(body.nonce),
            )
            if agent is not None:
                await self._is_new(body.agent_id)
                return 200, AgentSession(status="success", psk=psk, agent=agent)
        return await self._again(body, now) or refusal

    async def _again(self, body: AgentLogin, now: datetime) -> tuple[int, AgentSession] | None:
        """What was answered before, to whoever it was answered to: it may have got lost. Nothing
        changes by it: it is the same PSK, as long as the agent has that one.
        """
        if not body.nonce:
            return None
        hashed = nonce_sha256(body.nonce)
        used = await self._agents.pins.used(body.workspace_id, body.agent_id, hashed, now)
        if used is None:
            return None
        pin_id, kept, has = used
        psk = psk_of_trade(self._secret, pin_id, body.nonce)
        if not (psk_matches(psk, has) and await self._passwords.matches(body.pin, kept)):
            return None
        if self._roster.key_of(body.agent_id) != has:
            await self._is_new(body.agent_id)  # whoever was first ended before this was done
        agent = await self._agents.get(body.workspace_id, body.agent_id)
        return 200, AgentSession(status="success", psk=psk, agent=agent)

    async def _is_new(self, agent_id: int) -> None:
        self.pending.drop(agent_id)
        self._roster.hang_up(agent_id)
        await self._neighbours_changed(agent_id)


def _possible(body: AgentLogin) -> bool:
    """Ids that the database could have given."""
    return 0 < body.workspace_id < 2**31 and 0 < body.agent_id < 2**31
