"""The client of our own responder (`wire/speedtests/responder.py`)."""

import secrets
import socket
import threading
from collections.abc import Callable
from typing import Final

import msgspec

from forepost.agent.edges.speed.peer import BLOCK, PAYLOAD, Counter, Echo, NoSpeed, dial, shown
from forepost.agent.edges.speed.process import CONNECT_SEC, SpeedPlan, SpeedServer, Way
from forepost.kit.clock import Clock
from forepost.kit.speed.responder import blocking, read_line
from forepost.kit.speed.terms import proof
from forepost.wire.speedtests.responder import ECHO, ECHOED, Greeting, Request, Role, Verdict

ON_THEIR_WAY: Final = 100
"""Echoes that were not answered yet; with so many no further one is sent."""
STALLED_SEC: Final = 5.0


class Ours:
    """Measures against one responder of ours; used by one thread for each stream."""

    counts = True

    def __init__(self, place: SpeedServer, plan: SpeedPlan, clock: Clock) -> None:
        self._place, self._plan, self._clock = place, plan, clock
        self._test = secrets.token_hex(8)
        self._control: socket.socket | None = None
        self._number = 0
        self.remote = f"{place.host}:{place.port}"

    def connect(self) -> None:
        self._control = self._admitted("control", 600)
        self.remote = shown(self._control)

    def ping(self, gap_sec: float, stop: threading.Event, echo: Callable[[Echo], None]) -> None:
        """Sent on time, however late the answers are: a full queue is what is looked for."""
        assert self._control is not None
        sent: dict[int, float] = {}
        waiting = b""
        due = self._clock.monotonic()
        while not stop.is_set():
            now = self._clock.monotonic()
            if now >= due and len(sent) < ON_THEIR_WAY:
                self._number += 1
                sent[self._number] = now
                self._control.sendall(ECHO.pack(self._number))
                due = max(due + gap_sec, now)
            self._control.settimeout(max(0.001, due - self._clock.monotonic()))
            try:
                data = self._control.recv(4_096)
            except TimeoutError:
                continue
            if not data:
                raise NoSpeed("the responder ended the test")
            now = self._clock.monotonic()
            waiting += data
            whole = len(waiting) // ECHOED.size * ECHOED.size
            for number, ns, received in ECHOED.iter_unpack(waiting[:whole]):
                if number in sent:
                    rtt_ns = round((now - sent.pop(number)) * 1e9)
                    echo(Echo(rtt_ns, ns / 1e9, received))
            waiting = waiting[whole:]

    def stream(self, way: Way, sec: float, counter: Counter, stop: threading.Event) -> None:
        with counter.using(self._admitted(way, sec)):
            opened = counter.socket
            assert opened is not None
            blocking(opened, STALLED_SEC)
            if way == "upload":
                while not stop.is_set():
                    counter.moved += opened.send(PAYLOAD)
                return
            into = bytearray(BLOCK)
            while not stop.is_set() and (count := opened.recv_into(into, 0, socket.MSG_TRUNC)):
                counter.moved += count  # the kernel threw it away, tcp(7)

    def close(self) -> None:
        if self._control is not None:
            self._control.close()

    def _admitted(self, role: Role, sec: float) -> socket.socket:
        opened = dial(self._place.host, self._place.port, self._plan)
        try:
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            greeting = msgspec.json.decode(
                read_line(opened, self._clock, CONNECT_SEC), type=Greeting
            )
            mac = proof(self._place.secret, greeting.nonce, role, self._test)
            asked = Request(role=role, test=self._test, sec=sec, ticket=self._place.ticket, mac=mac)
            opened.sendall(msgspec.json.encode(asked) + b"\n")
            said = msgspec.json.decode(read_line(opened, self._clock, CONNECT_SEC), type=Verdict)
        except msgspec.MsgspecError:
            opened.close()
            raise NoSpeed("what answers there is no responder of forepost") from None
        except BaseException:
            opened.close()
            raise
        if said.error:
            opened.close()
            raise NoSpeed(f"the responder says: {said.error}")
        return opened
