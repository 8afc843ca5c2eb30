"""Gets values and walks columns, in as few requests as the agent's answers allow."""

from collections.abc import Callable
from typing import Final

from forepost.agent.ports.dialer import Failed
from forepost.agent.probes.snmp.exchange import Exchange
from forepost.agent.probes.snmp.message import ERRORS, Reply, refused
from forepost.agent.probes.snmp.oids import is_below, name_of, numbers
from forepost.wire.probes.snmp import SnmpOptions, SnmpValue

AT_ONCE: Final = 16
"""Values in a request."""
TOO_BIG, NO_SUCH_NAME, GEN_ERR = 1, 2, 5
FEWER: Final = 4
"""Times fewer rows, where so many are too many."""
SILENT_SHARE: Final = 0.2
"""Of the timeout, after which fewer rows are asked for."""
Keep = Callable[[SnmpValue], None]


class Retrieval:
    """Of one conversation: what its agent can is learned once."""

    def __init__(self, options: SnmpOptions, exchange: Exchange, keep: Keep) -> None:
        self._exchange, self._keep = exchange, keep
        self._rows = 0 if options.version == "1" else options.max_repetitions
        """In a request; 0: one after another (GETNEXT)."""
        self._silent_sec = options.timeout_sec * SILENT_SHARE

    async def get(self, oids: list[str], keep: Keep | None = None) -> None:
        """Raises Failed where the agent refuses all of them."""
        took = keep or self._keep
        waiting = [oids[i : i + AT_ONCE] for i in range(0, len(oids), AT_ONCE)]
        refusals, answered = [], False
        while waiting:
            part = waiting.pop(0)
            reply = await self._exchange.ask("get", part)
            if reply.error == NO_SUCH_NAME and 0 < reply.place <= len(part):
                # Version 1 answers nothing where one is missing.
                answered = True
                took(_without_value(part[reply.place - 1], "noSuchObject"))
                if rest := part[: reply.place - 1] + part[reply.place :]:
                    waiting.insert(0, rest)
            elif reply.error and len(part) > 1:
                # One of them is at fault, or they are too many.
                waiting[:0] = [part[: len(part) // 2], part[len(part) // 2 :]]
            elif reply.error:
                refusals.append(reply.error)
                took(_without_value(part[0], ERRORS.get(reply.error, f"error{reply.error}")))
            else:
                answered = True
                for value in reply.values:
                    took(value)
        if refusals and not answered:
            raise refused(refusals[0])

    async def walk(self, root: str) -> None:
        """Keep all that is below `root`. Raises Failed."""
        last = root
        while True:
            reply = await self._after(last)
            if reply.error == NO_SUCH_NAME:  # the end, in version 1
                return
            if reply.error:
                raise refused(reply.error)
            for value in reply.values:
                if value.type == "endOfMibView" or not is_below(value.oid, root):
                    return
                if numbers(value.oid) <= numbers(last):
                    raise Failed("wrong", f"the agent goes in circles at {value.oid}")
                self._keep(value)
                last = value.oid
            if not reply.values:
                return

    async def _after(self, last: str) -> Reply:
        """Return the rows after one: fewer where they are too many for the agent, at last by
        GETNEXT.
        """
        while self._rows:
            reply = await self._exchange.ask_once([last], self._rows, self._silent_sec)
            if reply is not None and reply.error not in (TOO_BIG, GEN_ERR):
                return reply
            self._rows //= FEWER
        return await self._exchange.ask("next", [last])


def _without_value(oid: str, kind: str) -> SnmpValue:
    return SnmpValue(oid=oid, value=None, type=kind, name=name_of(oid))
