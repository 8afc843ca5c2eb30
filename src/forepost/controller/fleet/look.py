"""Whether an agent would get an acknowledgement, for who has its key and only looks (`forepost
doctor`, `forepost join`).

This is no conversation of the agent: the one that there is goes on, the agent is not seen by it,
and nothing that it could say is taken.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import anyio
import msgspec

from forepost.controller.asgi import Receive, Send
from forepost.controller.fleet.session import Session
from forepost.controller.fleet.steps import HangUp, Reported, Say
from forepost.controller.fleet.store import Enrolled
from forepost.wire.uplink import neffos
from forepost.wire.uplink.messages import FOREPOST, ReportOk
from forepost.wire.uplink.neffos import Frame

LOOK_SEC: Final = 30.0
STRANGER_SEC: Final = 10.0
MOST_WORDS: Final = 4
"""The greeting, the namespace, one empty report."""


async def look(
    session: Session,
    agent: Enrolled | None,
    commits: Callable[[Enrolled], Awaitable[None]],
    receive: Receive,
    send: Send,
) -> None:
    """`commits` returns when results of this agent would be committed."""
    with anyio.move_on_after(STRANGER_SEC if agent is None else LOOK_SEC):
        for _ in range(MOST_WORDS):
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            for step in session.received(message.get("text") or ""):
                match step:
                    case Say(text):
                        await send({"type": "websocket.send", "text": text})
                    case Reported() if agent is not None and not (step.posts or step.refused):
                        await commits(agent)
                        ok = ReportOk(boot=step.boot, seq=step.seq)
                        body = msgspec.json.encode(ok).decode()
                        words = neffos.encode(Frame(FOREPOST, "report_ok", body))
                        await send({"type": "websocket.send", "text": words})
                    case HangUp() | _:
                        await send({"type": "websocket.close", "code": 1000})
                        return
    await send({"type": "websocket.close", "code": 1000})
