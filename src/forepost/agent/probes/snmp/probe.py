"""Asks an SNMP agent for values and for whole columns of tables."""

import secrets
from typing import Any, Final

import anyio

from forepost.agent.ports.dialer import Datagrams, Failed
from forepost.agent.ports.edges import Edges
from forepost.agent.probes.course import Course
from forepost.agent.probes.hostport import HostPort, host_port
from forepost.agent.probes.ignored import Ignored
from forepost.agent.probes.snmp.oids import PROFILES, Profile, is_below, name_of, numbers
from forepost.kit.clock import Clock
from forepost.wire.probes.snmp import SnmpOptions, SnmpResult, SnmpValue

PORT: Final = 161
MOST_VALUES: Final = 5_000
AT_ONCE: Final = 16
"""Values in a request."""
ROWS_AT_ONCE: Final = 25
LARGEST_MESSAGE: Final = 16_384
"""25 values are less; what is larger is not read, which would take long."""
MOST_AGAIN: Final = 8
"""Times that one question is asked anew because the agent says so (version 3)."""
TOO_BIG, NO_SUCH_NAME = 1, 2


async def run(options: SnmpOptions, target: str, clock: Clock, edges: Edges) -> SnmpResult:
    return await _Conversation(options, target, clock, edges).run()


def profile_of(options: SnmpOptions) -> tuple[str, Profile]:
    """What it is called, and what is to be asked."""
    name = options.profile or ("custom" if options.oids or options.walk_oids else "system")
    profile = PROFILES.get(name, Profile([oid.strip(".") for oid in options.oids], []))
    return name, Profile(
        profile.gets, profile.walks + [oid.strip(".") for oid in options.walk_oids]
    )


class _Conversation:
    def __init__(self, options: SnmpOptions, target: str, clock: Clock, edges: Edges) -> None:
        self._options, self._clock, self._edges = options, clock, edges
        self._target = options.target or target
        self._course = Course(clock)
        self._profile, self._wanted = profile_of(options)
        each = options.timeout_ms / 1e3 or options.timeout_sec / (options.retries + 1)
        self._each_sec = min(each, options.timeout_sec)
        self._speaker: Any  # a snmp_message.Speaker, which is not imported yet
        self._socket: Datagrams
        self._remote = ""
        self._values: list[SnmpValue] = []
        self._requests = 0
        self._ignored = Ignored()
        self._waited_sec = 0.0

    async def run(self) -> SnmpResult:
        error = await self._course.until(self._options.timeout_sec, self._talk)
        return SnmpResult(
            start_timestamp=self._course.started,
            stop_timestamp=self._clock.now(),
            query_time_ms=self._waited_sec * 1e3,
            version=self._options.version,
            target=self._target,
            profile=self._profile,
            results=self._values,
            error=error,
            remote_addr="" if self._course.denied else self._remote,
            requests=self._requests,
            ignored=self._ignored.count,
        )

    async def _talk(self) -> None:
        with self._course.part("target"):
            at = host_port(self._target, PORT)
            self._target = str(at)
            self._speaker = self._made()
        address = await self._course.resolve(
            at.host, self._edges, self._options.timeout_sec, self._options.family
        )
        self._remote = str(HostPort(address, at.port))
        with self._course.part("open"):
            self._socket = await self._edges.dialer.udp(
                address, at.port, interface=self._options.bind_interface
            )
        try:
            if hello := self._speaker.hello():
                with self._course.part("discover"):
                    await self._exchange(hello, self._speaker.greeted)
            with self._course.part("get"):
                await self._get(self._wanted.gets)
            with self._course.part("walk"):
                for root in self._wanted.walks:
                    await self._walk(root)
        finally:
            self._socket.close()

    def _made(self) -> Any:
        if self._options.version == "3":
            from forepost.agent.probes.snmp.usm import User  # noqa: PLC0415 - heavy

            return User(self._options)
        from forepost.agent.probes.snmp.message import Community  # noqa: PLC0415 - heavy

        return Community(self._options.version, self._options.community)

    async def _get(self, oids: list[str]) -> None:
        waiting = [oids[i : i + AT_ONCE] for i in range(0, len(oids), AT_ONCE)]
        while waiting:
            part = waiting.pop(0)
            reply = await self._ask("get", part)
            if reply.error == TOO_BIG and len(part) > 1:
                waiting[:0] = [part[: len(part) // 2], part[len(part) // 2 :]]
            elif reply.error == NO_SUCH_NAME and 0 < reply.place <= len(part):
                # Version 1 answers nothing where one is missing.
                self._keep(_missing(part[reply.place - 1]))
                if rest := part[: reply.place - 1] + part[reply.place :]:
                    waiting.insert(0, rest)
            else:
                self._check(reply.error)
                for value in reply.values:
                    self._keep(value)

    async def _walk(self, root: str) -> None:
        """All that is below `root`, in as few requests as the agent's answers allow."""
        last, rows = root, ROWS_AT_ONCE
        while True:
            bulk = self._options.version != "1"
            reply = await (self._ask("bulk", [last], rows) if bulk else self._ask("next", [last]))
            if reply.error == TOO_BIG and bulk and rows > 1:
                rows //= 2
                continue
            if reply.error == NO_SUCH_NAME:  # the end, in version 1
                return
            self._check(reply.error)
            for value in reply.values:
                if value.type == "endOfMibView" or not is_below(value.oid, root):
                    return
                if numbers(value.oid) <= numbers(last):
                    raise Failed("wrong", f"the agent goes in circles at {value.oid}")
                self._keep(value)
                last = value.oid
            if not reply.values:
                return

    async def _ask(self, verb: str, oids: list[str], repetitions: int = 0) -> Any:
        from forepost.agent.probes.snmp.message import Again, NotOurs  # noqa: PLC0415 - heavy

        request_id = secrets.randbelow(1 << 31)

        def heard(data: bytes) -> Any:
            reply = self._speaker.hear(data)
            if reply.request_id != request_id:
                raise NotOurs("another request")
            return reply

        for _ in range(MOST_AGAIN + 1):
            asked = self._speaker.ask(verb, oids, request_id, repetitions)
            try:
                return await self._exchange(asked, heard)
            except Again:
                continue
        raise Failed("wrong", f"the agent wants to be asked anew more than {MOST_AGAIN} times")

    async def _exchange(self, asked: bytes, heard: Any) -> Any:
        """Send it, again where nothing comes, until `heard` can make something of an answer."""
        from forepost.agent.probes.snmp.message import NotOurs  # noqa: PLC0415 - heavy

        before = self._clock.monotonic()
        for _ in range(self._options.retries + 1):
            self._requests += 1
            await self._socket.send(asked)
            with anyio.move_on_after(self._each_sec):
                while True:
                    data = await self._socket.receive()
                    now = self._clock.monotonic()
                    try:
                        if len(data) > LARGEST_MESSAGE:
                            raise NotOurs(f"larger than {LARGEST_MESSAGE >> 10} KiB")
                        answer = heard(data)
                    except NotOurs as error:
                        self._ignored.add(data, str(error))
                        continue
                    self._waited_sec += now - before
                    return answer
        tries = self._options.retries + 1
        raise Failed("timeout", f"no answer to {tries} requests, {self._each_sec:g} s each")

    def _keep(self, value: SnmpValue) -> None:
        if len(self._values) >= MOST_VALUES:
            raise Failed("wrong", f"more than {MOST_VALUES} values")
        self._values.append(value)

    def _check(self, error: int) -> None:
        from forepost.agent.probes.snmp.message import refused  # noqa: PLC0415 - heavy

        if error:
            raise refused(error)


def _missing(oid: str) -> SnmpValue:
    return SnmpValue(oid=oid, value=None, type="noSuchObject", name=name_of(oid))
