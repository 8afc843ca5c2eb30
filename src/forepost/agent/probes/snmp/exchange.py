"""Questions to one SNMP agent and their answers: repeated, bounded, counted, timed."""

import secrets
from collections.abc import Callable
from typing import Any, Final

import anyio

from forepost.agent.ports.dialer import Datagrams, Failed, OpenDatagrams
from forepost.agent.ports.edges import Edges
from forepost.agent.probes.hostport import HostPort
from forepost.agent.probes.ignored import Ignored
from forepost.agent.probes.snmp.message import Again, NotOurs, Reply, Speaker, Verb
from forepost.agent.probes.snmp.stream import SnmpStream
from forepost.kit.clock import Clock
from forepost.wire.probes.snmp import SnmpOptions

LARGEST_MESSAGE: Final = 65_536
MOST_AGAIN: Final = 8
"""Times that one question is asked anew because the agent says so (version 3)."""


class Exchange:
    """One conversation: a socket, and how often and long each question may take."""

    def __init__(self, options: SnmpOptions, speaker: Speaker, clock: Clock) -> None:
        self._options, self._speaker, self._clock = options, speaker, clock
        tries = 1 if options.transport == "tcp" else options.retries + 1
        each = options.timeout_ms / 1e3 or options.timeout_sec / tries
        self.each_sec = min(each, options.timeout_sec)
        self._tries = tries
        self._socket: Datagrams | None = None
        self._open: OpenDatagrams | None = None
        self._at = ""
        self.other_addr = ""
        self.requests = 0
        self.ignored = Ignored()
        self.waited_sec = 0.0

    async def open(self, address: str, port: int, edges: Edges) -> None:
        """Raises Failed."""
        interface, dialer = self._options.bind_interface, edges.dialer
        self._at = str(HostPort(address, port))
        if self._options.transport == "tcp":
            self._socket = SnmpStream(await dialer.tcp(address, port, interface=interface))
        elif self._options.other_source:
            self._open = await dialer.open_udp(address, port, interface=interface)
            self._socket = self._open
        else:
            self._socket = await dialer.udp(address, port, interface=interface)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    async def greet(self) -> None:
        """Learn what the version needs to know before. Raises Failed."""
        if hello := self._speaker.hello():
            await self._said(hello, self._speaker.greeted, self._tries, self.each_sec)

    async def ask(self, verb: Verb, oids: list[str], repetitions: int = 0) -> Reply:
        """Raises Failed."""
        return await self._asked(verb, oids, repetitions, self._tries, self.each_sec)

    async def ask_once(self, oids: list[str], repetitions: int, within_sec: float) -> Reply | None:
        """Ask for so many rows, once; None where nothing comes. Raises Failed."""
        try:
            within = min(within_sec, self.each_sec)
            return await self._asked("bulk", oids, repetitions, 1, within)
        except Failed as error:
            if error.kind != "timeout":
                raise
            return None

    async def _asked(
        self, verb: Verb, oids: list[str], repetitions: int, tries: int, each_sec: float
    ) -> Reply:
        request_id = secrets.randbelow(1 << 31)

        def heard(data: bytes) -> Reply:
            reply = self._speaker.hear(data)
            if reply.request_id != request_id:
                raise NotOurs("another request")
            return reply

        for _ in range(MOST_AGAIN + 1):
            asked = self._speaker.ask(verb, oids, request_id, repetitions)
            try:
                reply: Reply = await self._said(asked, heard, tries, each_sec)
            except Again:
                continue
            return reply
        raise Failed("wrong", f"the agent wants to be asked anew more than {MOST_AGAIN} times")

    async def _said(
        self, asked: bytes, heard: Callable[[bytes], Any], tries: int, each_sec: float
    ) -> Any:
        """Send it, again where nothing comes, until `heard` can make something of an answer."""
        if self._socket is None:
            raise Failed("closed", "there is no connection")
        before = self._clock.monotonic()
        for _ in range(tries):
            self.requests += 1
            await self._socket.send(asked)
            with anyio.move_on_after(each_sec):
                while True:
                    data = await self._socket.receive()
                    now = self._clock.monotonic()
                    try:
                        if len(data) > LARGEST_MESSAGE:
                            raise NotOurs(f"larger than {LARGEST_MESSAGE >> 10} KiB")
                        answer = heard(data)
                    except NotOurs as error:
                        self.ignored.add(data, str(error))
                        continue
                    self.waited_sec += now - before
                    if self._open is not None and self._open.source != self._at:
                        self.other_addr = self._open.source
                    return answer
        raise Failed("timeout", f"no answer to {tries} requests, {each_sec:g} s each")
