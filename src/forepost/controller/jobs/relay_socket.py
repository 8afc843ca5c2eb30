"""`/ws/relay`: one side of two agents whose bytes pass through here. Raw ASGI."""

import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import parse_qs

import anyio
import msgspec

from forepost.controller.asgi import KNOWN, Asgi, Receive, Send
from forepost.controller.jobs.relay import WAIT_SEC, Relay, RelayEnd, RelayKey, RelayPair
from forepost.kit.clock import Clock
from forepost.kit.errors import Refusal
from forepost.wire.jobs import relay as wire

LOOK_SEC: Final = 2.0
"""Between two looks at whether the two still are neighbours."""

_log = logging.getLogger(__name__)


class RelayAsked(msgspec.Struct, frozen=True, kw_only=True):
    """What one agent asks for."""

    agent_id: int
    workspace_id: int
    uid: str
    me: str
    peer: str
    line: str = ""
    """"": the first."""


WhoAsks = Callable[[Any], Awaitable[tuple[int, int]]]
"""Scope -> agent and workspace, by the agent's key. Raises Refusal."""
WhyNot = Callable[[RelayAsked], Awaitable[str]]
"""Why the two are not to be relayed now; "": they are neighbours in a run that is under way."""
IsAway = Callable[[RelayAsked], bool]
"""Whether the other is not connected with this controller: nobody waits for it then."""
_LINES: Final = {"": wire.CONTROL, **{str(line): line for line in wire.LINES}}


def endpoint(relay: Relay, who: WhoAsks, why_not: WhyNot, is_away: IsAway, clock: Clock) -> Asgi:
    async def serve(scope: Any, receive: Receive, send: Send) -> None:
        await receive()
        try:
            agent_id, workspace_id = await who(scope)
        except Refusal:
            relay.tally["refused"] += 1
            await send({"type": "websocket.close", "code": 1008})  # before it is accepted: a 403
            return
        scope["extensions"][KNOWN]()
        await send({"type": "websocket.accept"})
        query = parse_qs(scope["query_string"].decode("latin-1"))
        names = (wire.RUN, wire.ME, wire.PEER, wire.LINE)
        run, me, peer, line = (query.get(name, [""])[0][:64] for name in names)
        asked = RelayAsked(
            agent_id=agent_id, workspace_id=workspace_id, uid=run, me=me, peer=peer, line=line
        )
        try:
            await _Side(relay, why_not, is_away, clock, asked).run(receive, send)
        except RelayEnd as end:
            if end.code in (wire.NO_NEIGHBOURS, wire.FULL):
                relay.tally["refused"] += 1
            await _close(send, end)
        except OSError:
            _log.debug("agent %d: its relayed connection is lost", agent_id)

    return serve


class _Side:
    def __init__(
        self, relay: Relay, why_not: WhyNot, is_away: IsAway, clock: Clock, asked: RelayAsked
    ) -> None:
        self._relay, self._why_not, self._is_away = relay, why_not, is_away
        self._clock, self._asked = clock, asked

    async def run(self, receive: Receive, send: Send) -> None:
        """Raises RelayEnd, at the end in any case."""
        asked = self._asked
        line = _LINES.get(asked.line)
        if line is None:
            raise RelayEnd(wire.NO_NEIGHBOURS, "line: there is no such line")
        await self._check()
        if self._is_away(asked):
            raise RelayEnd(wire.NOBODY, "the other is not connected")

        async def give(data: bytes) -> None:
            await send({"type": "websocket.send", "bytes": data})

        key = RelayKey.of(asked.uid, asked.me, asked.peer, line)
        pair = self._relay.join(key, asked.me, asked.agent_id, give)
        try:
            with anyio.move_on_after(WAIT_SEC) as patience:
                await pair.whole.wait()
            if patience.cancelled_caught:
                raise RelayEnd(wire.NOBODY, f"the other has not come within {WAIT_SEC:.0f} s")
            await self._pass(pair, receive)
        finally:
            self._relay.leave(key, pair)
        raise RelayEnd(pair.end.code, str(pair.end))

    async def _pass(self, pair: RelayPair, receive: Receive) -> None:
        """Until it is over, for whatever reason."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._read, pair, receive)
            tasks.start_soon(self._watch, pair)
            await pair.over.wait()
            tasks.cancel_scope.cancel()

    async def _read(self, pair: RelayPair, receive: Receive) -> None:
        left = RelayEnd(wire.NOBODY, "the other has left")
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                pair.close(left)
                return
            data = message.get("bytes")
            if data is None:
                pair.close(RelayEnd(wire.NO_BYTES, "only binary frames are passed on"))
                return
            try:
                await self._relay.pass_on(pair, self._asked.me, data)
            except OSError:
                pair.close(left)
                return

    async def _watch(self, pair: RelayPair) -> None:
        while True:
            await self._clock.sleep(LOOK_SEC)
            self._relay.check_idle(pair)
            try:
                await self._check()
            except RelayEnd as end:
                pair.close(end)

    async def _check(self) -> None:
        if why := await self._why_not(self._asked):
            raise RelayEnd(wire.NO_NEIGHBOURS, why)


async def _close(send: Send, end: RelayEnd) -> None:
    try:
        await send({"type": "websocket.close", "code": end.code, "reason": str(end)[:100]})
    except OSError:
        _log.debug("a relayed connection was closed by the other side first")
