"""Asks a time server once, and tells its clock from the agent's."""

import secrets
from typing import Final

import msgspec

from forepost.agent.ports.dialer import Datagrams, Failed
from forepost.agent.ports.edges import Edges
from forepost.agent.probes.course import Course
from forepost.agent.probes.hostport import HostPort, host_port
from forepost.agent.probes.services import ntp_message
from forepost.agent.probes.services.ntp_message import NtpAnswer, WrongAnswer
from forepost.kit.clock import Clock
from forepost.wire.probes.ntp import NtpOptions, NtpResult

PORT: Final = 123


async def run(options: NtpOptions, target: str, clock: Clock, edges: Edges) -> NtpResult:
    return await _Question(options, target, clock, edges).run()


class _Question:
    def __init__(self, options: NtpOptions, target: str, clock: Clock, edges: Edges) -> None:
        self._options, self._clock, self._edges = options, clock, edges
        self._course = Course(clock)
        self._result = NtpResult(
            start_timestamp=self._course.started, stop_timestamp=clock.now(), target=target
        )

    async def run(self) -> NtpResult:
        error = await self._course.until(self._options.timeout_sec, self._measure)
        return msgspec.structs.replace(
            self._result,
            stop_timestamp=self._clock.now(),
            remote_addr="" if self._course.denied else self._result.remote_addr,
            dns_lookup_ms=self._course.ms("resolve"),
            error=error,
        )

    async def _measure(self) -> None:
        with self._course.part("target"):
            at = host_port(self._result.target, PORT)
        address = await self._course.resolve(
            at.host, self._edges, self._options.timeout_sec, self._options.family
        )
        self._know(remote_addr=str(HostPort(address, at.port)))
        with self._course.part("answer"):
            socket = await self._edges.dialer.udp(
                address, at.port, interface=self._options.bind_interface
            )
            try:
                await self._ask(socket)
            finally:
                socket.close()

    async def _ask(self, socket: Datagrams) -> None:
        cookie = secrets.randbits(64)
        asked, began = self._clock.now().timestamp(), self._clock.monotonic()
        await socket.send(ntp_message.question(cookie))
        while True:
            data = await socket.receive()
            took_sec = self._clock.monotonic() - began
            try:
                answer = ntp_message.answer_to(cookie, data, asked)
            except WrongAnswer:
                continue  # of an earlier question, or of somebody who guesses
            break
        self._tell(answer)
        if not answer.stratum:
            raise Failed("wrong", f"the server refuses: {answer.reference or 'without a code'}")
        # A clock that is set meanwhile moves nothing: the way back is by the monotonic one.
        there, back = answer.received - asked, answer.transmitted - (asked + took_sec)
        offset_ms = (there + back) / 2 * 1e3
        error_ns = self._edges.udp.clock_error_ns()
        self._know(
            offset_ms=offset_ms,
            rtt_ms=max(0.0, (there - back) * 1e3),
            agent_clock_error_ms=None if error_ns is None else error_ns / 1e6,
        )
        self._judge(answer, offset_ms)

    def _tell(self, answer: NtpAnswer) -> None:
        self._know(
            stratum=answer.stratum,
            reference=answer.reference,
            leap=answer.leap,
            root_delay_ms=answer.root_delay_sec * 1e3,
            root_dispersion_ms=answer.root_dispersion_sec * 1e3,
            precision_ms=answer.precision_sec * 1e3,
        )

    def _judge(self, answer: NtpAnswer, offset_ms: float) -> None:
        """Raises Failed."""
        options = self._options
        if answer.leap == "unsynchronised" or answer.stratum > ntp_message.MOST_STRATUM:
            raise Failed("wrong", "the server does not know the time")
        if answer.stratum > options.most_stratum:
            raise Failed("wrong", f"stratum {answer.stratum}; the most is {options.most_stratum}")
        if options.most_offset_ms and abs(offset_ms) > options.most_offset_ms:
            most = f"the most is {options.most_offset_ms:g} ms"
            raise Failed("wrong", f"its clock is {offset_ms:+.3f} ms from the agent's; {most}")

    def _know(self, **facts: object) -> None:
        self._result = msgspec.structs.replace(self._result, **facts)
