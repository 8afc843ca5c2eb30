"""Messages over HTTP: a new one, those that wait, those of a time."""

from functools import partial
from typing import Any

import msgspec

from forepost.agent.edges.local.http_face import LocalAnswer, LocalRequest
from forepost.agent.workloads.local_api.asker import Asker
from forepost.agent.workloads.local_api.microservice_calls import MicroserviceCalls
from forepost.agent.workloads.local_api.words import NO_CONTENT, NotDone, done, fields
from forepost.agent.workloads.messages.bus import MessageBus
from forepost.agent.workloads.messages.io_message import WrongMessage
from forepost.agent.workloads.messages.io_message_json import from_json, to_json


class MessageCalls:
    def __init__(self, bus: MessageBus, asked: MicroserviceCalls) -> None:
        """`asked` says who may ask for whom."""
        self._bus, self._asked = bus, asked

    async def new(self, request: LocalRequest, asker: Asker) -> LocalAnswer:
        try:
            message = from_json(fields(request))
            self._asked.check(asker, message.publisher)
            made = self._bus.publish(message.publisher, message)
        except WrongMessage as wrong:
            raise NotDone(400, str(wrong)) from None
        except OSError as error:
            raise NotDone(500, f"the message cannot be kept: {error.strerror}") from None
        return done({"status": "okay", "timestamp": made.timestamp, "id": made.id})

    async def next(self, request: LocalRequest, asker: Asker) -> LocalAnswer:
        """Those that wait are taken once the answer is sent; none, while a socket gets them."""
        uuid = _id(fields(request))
        self._asked.check(asker, uuid)
        if self._bus.is_listening(uuid):
            return done({"status": "okay", "count": 0, "messages": []})
        number, messages = self._bus.some(uuid)
        answer = done(
            {
                "status": "okay",
                "count": len(messages),
                "messages": [to_json(one) for one in messages],
            }
        )
        return msgspec.structs.replace(answer, then=partial(self._bus.take, uuid, number))

    async def query(self, request: LocalRequest, asker: Asker) -> LocalAnswer:
        """Where not all fit into the answer, `timeframeend` is the time of the last one."""
        said = fields(request)
        uuid = _id(said)
        self._asked.check(asker, uuid)
        start, end = _time(said, "timeframestart"), _time(said, "timeframeend")
        publishers = said.get("publishers")
        if not isinstance(publishers, list) or not all(isinstance(p, str) for p in publishers):
            raise NotDone(400, f"{NO_CONTENT} Error: Missing input field publishers")
        messages = self._bus.between(uuid, start, end, frozenset(publishers))
        return done(
            {
                "status": "okay",
                "count": len(messages),
                "timeframestart": start,
                "timeframeend": messages[-1].timestamp if messages else end,
                "messages": [to_json(one) for one in messages],
            }
        )


def _id(said: dict[str, Any]) -> str:
    found = said.get("id")
    if not isinstance(found, str) or not found.strip():
        raise NotDone(400, f"{NO_CONTENT} Id value not found")
    return found


def _time(said: dict[str, Any], key: str) -> int:
    found = said.get(key)
    if isinstance(found, bool) or not isinstance(found, int):
        raise NotDone(400, f"{NO_CONTENT} Error: Missing input field timeframe start or end")
    return found
