"""SNMP agents that cannot do all that is asked of them, and others that never end."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from forepost.agent.cores.counter_rates import CounterReading, CounterReadings, rates_between
from forepost.agent.probes.snmp import ber
from forepost.agent.probes.snmp.probe import run
from forepost.controller.payloads import read
from forepost.kit.clock import SystemClock
from forepost.wire.probes.options import WrongOption, read_options
from forepost.wire.probes.snmp import SnmpOptions, SnmpResult
from tests.lab.peers import answering_datagrams, real_edges, serving

pytestmark = pytest.mark.anyio

COLUMN = (1, 3, 6, 1, 2, 1, 2, 2, 1, 10)
ROWS = 30


async def ask(port: int, **options: object) -> SnmpResult:
    asked = {"timeout_sec": 3.0, "retries": 1, **options}
    target = f"127.0.0.1:{port}"
    return await run(SnmpOptions(**asked), target, SystemClock(), real_edges())  # type: ignore[arg-type]


class Request(msgspec.Struct):
    verb: int
    number: bytes
    rows: int
    oids: list[tuple[int, ...]]


def read_request(data: bytes) -> tuple[bytes, Request]:
    """Return version and community as they came, and what is asked."""
    (content,) = ber.several(data, ber.SEQUENCE)
    version, community, pdu = ber.elements(content)
    number, _, rows, bindings = ber.several(
        pdu.content, ber.INTEGER, ber.INTEGER, ber.INTEGER, ber.SEQUENCE
    )
    oids = [ber.arcs(ber.several(one.content, ber.OID)[0]) for one in ber.elements(bindings)]
    head = ber.element(version.tag, version.content) + ber.element(community.tag, community.content)
    return head, Request(pdu.tag, number, ber.signed(rows), oids)


def answer(
    head: bytes, to: Request, values: Sequence[tuple[tuple[int, ...], bytes]], error: int = 0
) -> bytes:
    bindings = (ber.element(ber.SEQUENCE, ber.object_id(oid), value) for oid, value in values)
    pdu = ber.element(
        0xA2,
        ber.element(ber.INTEGER, to.number),
        ber.integer(error),
        ber.integer(0),
        ber.element(ber.SEQUENCE, *bindings),
    )
    return ber.element(ber.SEQUENCE, head, pdu)


def rows_after(oid: tuple[int, ...], count: int) -> Sequence[tuple[tuple[int, ...], bytes]]:
    row = oid[len(COLUMN)] if len(oid) > len(COLUMN) else 0
    found = [
        ((*COLUMN, n), ber.element(0x41, bytes([n])))
        for n in range(row + 1, min(row + count, ROWS) + 1)
    ]
    return found or [((*COLUMN[:-1], 11, 1), ber.integer(1))]


def switch(most_rows: int, error: int | None) -> Callable[[bytes], Sequence[bytes]]:
    """It knows GETBULK, for so many rows; `error` None: it is silent to more."""

    def answers(data: bytes) -> Sequence[bytes]:
        head, asked = read_request(data)
        rows = asked.rows if asked.verb == 0xA5 else 1
        if asked.verb == 0xA5 and rows > most_rows:
            return [] if error is None else [answer(head, asked, [], error)]
        return [answer(head, asked, rows_after(asked.oids[0], rows))]

    return answers


@pytest.mark.parametrize("error", [1, 5, None])
@pytest.mark.parametrize("most_rows", [0, 1, 10])
async def test_fewer_rows_are_asked_for_where_so_many_are_too_many(
    error: int | None, most_rows: int
) -> None:
    async with answering_datagrams(switch(most_rows, error)) as port:
        got = await ask(port, walk_oids=[".".join(map(str, COLUMN))], timeout_sec=5.0)
    assert got.error == ""
    assert [one.value for one in got.results] == list(range(1, ROWS + 1))


async def test_so_many_rows_are_asked_for_as_the_options_say() -> None:
    rows: list[int] = []

    def answers(data: bytes) -> Sequence[bytes]:
        head, asked = read_request(data)
        rows.append(asked.rows)
        return [answer(head, asked, rows_after(asked.oids[0], asked.rows))]

    async with answering_datagrams(answers) as port:
        got = await ask(port, walk_oids=[".".join(map(str, COLUMN))], max_repetitions=7)
    assert (got.error, set(rows)) == ("", {7})


async def test_one_value_that_the_agent_cannot_say_costs_no_other() -> None:
    bad = (1, 3, 6, 1, 2, 1, 1, 4, 0)

    def answers(data: bytes) -> Sequence[bytes]:
        head, asked = read_request(data)
        if bad in asked.oids:
            return [answer(head, asked, [], 5)]
        values = [(oid, ber.element(ber.OCTETS, b"well")) for oid in asked.oids]
        return [answer(head, asked, values)]

    async with answering_datagrams(answers) as port:
        got = await ask(port)
    assert got.error == ""
    assert {one.name: one.type for one in got.results if one.type != "string"} == {
        "sysContact": "genErr"
    }
    assert len(got.results) == 7


async def test_a_walk_that_goes_back_ends() -> None:
    def answers(data: bytes) -> Sequence[bytes]:
        head, asked = read_request(data)
        last = asked.oids[0][-1] if len(asked.oids[0]) > len(COLUMN) else 0
        row = last + 1 if last < 5 else 1
        return [answer(head, asked, [((*COLUMN, row), ber.integer(row))])]

    async with answering_datagrams(answers) as port:
        got = await ask(port, walk_oids=[".".join(map(str, COLUMN))])
    assert got.error == f"walk: the agent goes in circles at {'.'.join(map(str, COLUMN))}.1"
    assert len(got.results) == 5


async def test_a_walk_without_an_end_is_bounded() -> None:
    def answers(data: bytes) -> Sequence[bytes]:
        head, asked = read_request(data)
        last = asked.oids[0][-1] if len(asked.oids[0]) > len(COLUMN) else 0
        values = [((*COLUMN, last + n), ber.integer(n)) for n in range(1, 200)]
        return [answer(head, asked, values)]

    async with answering_datagrams(answers) as port:
        got = await ask(port, walk_oids=[".".join(map(str, COLUMN))], timeout_sec=20.0)
    assert (got.error, len(got.results)) == ("walk: more than 5000 values", 5_000)


async def elsewhere(port_wanted: list[int], answers: Callable[[bytes], Sequence[bytes]]) -> Any:
    """A host with two addresses, that answers from the one that was not asked."""
    loop = asyncio.get_running_loop()
    other, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.2", 0)
    )

    class Peer(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: Any) -> None:
            for said in answers(data):
                other.sendto(said, addr)

        def connection_lost(self, exc: Exception | None) -> None:
            other.close()

    peer, _ = await loop.create_datagram_endpoint(Peer, local_addr=("127.0.0.1", 0))
    port_wanted.append(peer.get_extra_info("sockname")[1])
    return peer


def well(data: bytes) -> Sequence[bytes]:
    head, asked = read_request(data)
    return [answer(head, asked, [(oid, ber.integer(2)) for oid in asked.oids])]


async def test_an_answer_from_another_address_counts_where_it_may() -> None:
    ports: list[int] = []
    peer = await elsewhere(ports, well)
    try:
        strict = await ask(ports[0], timeout_ms=100, retries=0)
        lenient = await ask(ports[0], timeout_ms=1_000, other_source=True)
    finally:
        peer.close()
    assert strict.error == "get: no answer to 1 requests, 0.1 s each"
    assert (lenient.error, len(lenient.results)) == ("", 7)
    assert lenient.other_addr.startswith("127.0.0.2:")
    assert lenient.remote_addr == f"127.0.0.1:{ports[0]}"


@pytest.mark.parametrize(
    ("expected", "objection"),
    [
        (["1.3.6.1.2.1.2.2.1.8.1 == 2"], ""),
        (["ifOperStatus.1 == 2", "sysServices < 3"], ""),
        (
            ["ifOperStatus.1 == 1"],
            "value: ifOperStatus.1 is 2, not == what is expected",
        ),
        (["sysServices > 2"], "value: sysServices is 2, not > what is expected"),
    ],
)
async def test_what_is_expected_of_a_value(expected: list[str], objection: str) -> None:
    async with answering_datagrams(well) as port:
        got = await ask(port, expected_values=expected)
    assert (got.error, got.as_expected) == (objection, not objection)
    said = read("SNMP", msgspec.json.encode(got))
    assert said
    figures = said.measures()
    assert (figures.received, figures.rtt_ms is not None) == (int(not objection), True)
    assert said.grade(figures).failed == bool(objection)


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"expected_values": ["sysName"]}, "expected_values"),
        ({"expected_values": ["1.3..4 == 1"]}, "expected_values: 1.3..4 is no object identifier"),
        ({"context": "x"}, "context: version 3 has it"),
        ({"transport": "tcp", "other_source": True}, "other_source: TCP has no answers"),
        ({"max_repetitions": 0}, "max_repetitions: "),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_field(
    metadata: dict[str, object], reason: str
) -> None:
    with pytest.raises(WrongOption) as refused:
        read_options(SnmpOptions, {}, metadata)
    assert str(refused.value).startswith(reason)


async def test_a_name_that_is_unknown_is_told() -> None:
    got = await ask(9, expected_values=["sysColour == 1"])
    assert got.error == "target: expected_values: sysColour is no name of a profile's values"
    assert got.remote_addr == ""


class Meter:
    """An agent with one counter, and a clock that begins anew where a test has it so."""

    def __init__(self, tag: int, *counts: int, uptimes: Sequence[int] = (100, 101, 102)) -> None:
        self._tag, self._counts, self._uptimes = tag, list(counts), list(uptimes)

    def __call__(self, data: bytes) -> Sequence[bytes]:
        head, asked = read_request(data)
        if asked.oids == [(1, 3, 6, 1, 2, 1, 1, 3, 0)]:
            value = ber.element(0x43, self._uptimes.pop(0).to_bytes(4, "big"))
        else:
            value = ber.element(self._tag, self._counts.pop(0).to_bytes(8, "big"))
        return [answer(head, asked, [(asked.oids[0], value)])]


@pytest.mark.parametrize(
    ("meter", "has_a_rate"),
    [
        (Meter(0x41, 1_000, 3_000), True),
        (Meter(0x41, (1 << 32) - 1_000, 1_000), True),
        (Meter(0x46, 1_000, 3_000), True),
        (Meter(0x46, (1 << 64) - 1_000, 1_000), True),
        (Meter(0x46, 9_000, 3_000), False),
        (Meter(0x41, 9_000, 3_000, uptimes=(500_000, 3)), False),
        (Meter(0x41, 1_000, 3_000, uptimes=((1 << 32) - 5, 5)), True),
    ],
)
async def test_counters_have_rates_over_wraps_and_not_over_restarts(
    meter: Meter, has_a_rate: bool
) -> None:
    edges = real_edges()
    options = SnmpOptions(timeout_sec=2.0, oids=["1.3.6.1.2.1.2.2.1.10.1"], rates=True)
    async with answering_datagrams(meter) as port:
        rounds = []
        for _ in range(2):
            rounds.append(await run(options, f"127.0.0.1:{port}", SystemClock(), edges))
            await asyncio.sleep(0.05)
    assert [one.error for one in rounds] == ["", ""]
    first, second = (one.results[0].per_sec for one in rounds)
    assert first is None
    assert (second is not None) == has_a_rate
    if second is not None:
        assert 2_000 / 5 < second <= 2_000 / 0.05


def test_a_rate_is_what_it_grew_by_in_a_second() -> None:
    def at(value: int, sec: float, bits: int = 32) -> CounterReadings:
        return CounterReadings({"1.3": CounterReading(value, bits, sec)}, round(sec * 100), sec)

    assert rates_between(at(10, 0), at(70, 60)) == {"1.3": 1.0}
    assert rates_between(at((1 << 32) - 30, 0), at(30, 60)) == {"1.3": 1.0}
    assert rates_between(at(10, 0), at(70, 60, bits=64)) == {}
    assert rates_between(at(10, 60), at(70, 60)) == {}


async def test_over_tcp_a_message_ends_where_it_says() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        data = await reader.read(4_096)
        said = well(data)[0]
        for byte in said:
            writer.write(bytes([byte]))
            await writer.drain()
        await reader.read()

    async with serving(talk) as port:
        got = await ask(port, transport="tcp")
    assert (got.error, len(got.results), got.requests) == ("", 7, 1)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"\x30\x84\x7f\xff\xff\xff", "get: no message of SNMP, or a longer one than is borne"),
        (b"HTTP/1.1 400", "get: no message of SNMP, or a longer one than is borne"),
        (b"\x30\x82\xff\xf0", "get: no answer in 0.5 s"),
        (b"", "get: the connection was closed without an answer"),
    ],
)
async def test_over_tcp_what_is_no_message_is_bounded(said: bytes, error: str) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4_096)
        writer.write(said)
        await writer.drain()
        if said:
            await reader.read()

    async with serving(talk) as port:
        got = await ask(port, transport="tcp", timeout_sec=0.5)
    assert got.error in (error, "get: no answer to 1 requests, 0.5 s each")
