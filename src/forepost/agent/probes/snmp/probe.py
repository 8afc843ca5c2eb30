"""Asks an SNMP agent for values and for whole columns of tables."""

from typing import Final

import msgspec

from forepost.agent.cores.counter_rates import CounterReading, CounterReadings, rates_between
from forepost.agent.ports.dialer import Failed
from forepost.agent.ports.edges import Edges
from forepost.agent.probes.course import Course
from forepost.agent.probes.hostport import HostPort, host_port
from forepost.agent.probes.snmp.exchange import Exchange
from forepost.agent.probes.snmp.expectation import (
    SnmpExpectation,
    expectation_of,
    first_objection,
)
from forepost.agent.probes.snmp.message import Community
from forepost.agent.probes.snmp.oids import PROFILES, SYS_UP_TIME, Profile
from forepost.agent.probes.snmp.retrieval import Retrieval
from forepost.agent.probes.snmp.usm import User
from forepost.agent.probes.snmp.value import in_one_form
from forepost.kit.clock import Clock
from forepost.wire.probes.snmp import SnmpOptions, SnmpResult, SnmpValue

PORT: Final = 161
MOST_VALUES: Final = 5_000
_BITS: Final = {"counter32": 32, "counter64": 64}


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
        self._exchange: Exchange | None = None
        self._remote = ""
        self._values: list[SnmpValue] = []
        self._heard_at: dict[str, float] = {}
        """OID to when it came, by the monotonic clock."""
        self._uptime: tuple[int, float] | None = None
        self._as_expected: bool | None = None

    async def run(self) -> SnmpResult:
        error = await self._course.until(self._options.timeout_sec, self._talk)
        exchange = self._exchange
        if self._options.rates:
            self._add_rates()
        return SnmpResult(
            start_timestamp=self._course.started,
            stop_timestamp=self._clock.now(),
            query_time_ms=exchange.waited_sec * 1e3 if exchange else 0.0,
            version=self._options.version,
            target=self._target,
            profile=self._profile,
            results=self._values,
            error=error,
            remote_addr="" if self._course.denied else self._remote,
            requests=exchange.requests if exchange else 0,
            ignored=exchange.ignored.count if exchange else 0,
            other_addr=exchange.other_addr if exchange else "",
            as_expected=self._as_expected,
        )

    async def _talk(self) -> None:
        with self._course.part("target"):
            at = host_port(self._target, PORT)
            self._target = str(at)
            expected = self._expected()
            self._exchange = exchange = self._made()
        address = await self._course.resolve(
            at.host, self._edges, self._options.timeout_sec, self._options.family
        )
        self._remote = str(HostPort(address, at.port))
        with self._course.part("open"):
            await exchange.open(address, at.port, self._edges)
        try:
            with self._course.part("discover"):
                await exchange.greet()
            await self._ask(exchange, expected)
        finally:
            exchange.close()
        if expected:
            with self._course.part("value"):
                objection = first_objection(expected, self._values)
                self._as_expected = not objection
                if objection:
                    raise Failed("wrong", objection)

    def _expected(self) -> list[SnmpExpectation]:
        try:
            return [expectation_of(one) for one in self._options.expected_values]
        except ValueError as error:
            raise Failed("denied", str(error)) from None

    def _made(self) -> Exchange:
        options = self._options
        if options.version == "3":
            return Exchange(options, User(options), self._clock)
        return Exchange(options, Community(options.version, options.community), self._clock)

    async def _ask(self, exchange: Exchange, expected: list[SnmpExpectation]) -> None:
        retrieval = Retrieval(self._options, exchange, self._keep)
        with self._course.part("get"):
            if self._options.rates:
                await retrieval.get([SYS_UP_TIME], self._keep_uptime)
            await retrieval.get(self._wanted.gets)
        with self._course.part("walk"):
            for root in self._wanted.walks:
                begin = len(self._values)
                try:
                    await retrieval.walk(root)
                finally:
                    self._values[begin:] = in_one_form(self._values[begin:])
        with self._course.part("get"):
            known = {one.oid for one in self._values}
            await retrieval.get(list({one.oid: None for one in expected if one.oid not in known}))

    def _keep(self, value: SnmpValue) -> None:
        if len(self._values) >= MOST_VALUES:
            raise Failed("wrong", f"more than {MOST_VALUES} values")
        self._values.append(value)
        if self._options.rates:
            self._heard_at[value.oid] = self._clock.monotonic()

    def _keep_uptime(self, value: SnmpValue) -> None:
        if value.type == "timeticks" and isinstance(value.value, int):
            self._uptime = value.value, self._clock.monotonic()

    def _add_rates(self) -> None:
        counters = {
            one.oid: CounterReading(one.value, _BITS[one.type], self._heard_at[one.oid])
            for one in self._values
            if one.type in _BITS and isinstance(one.value, int)
        }
        if not counters:
            return
        ticks, at = self._uptime or (None, 0.0)
        readings = CounterReadings(counters, ticks, at)
        options = self._options
        whose = f"{self._target} {options.version} {options.context} {options.interval_sec:g}"
        before = self._edges.counters.exchanged(f"{whose} {sorted(self._wanted.walks)}", readings)
        rates = rates_between(before, readings) if before else {}
        self._values = [
            msgspec.structs.replace(one, per_sec=rates[one.oid]) if one.oid in rates else one
            for one in self._values
        ]
