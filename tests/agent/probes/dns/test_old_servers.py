"""DNS against servers that know no EDNS, and others that say too much, too late or elsewhere."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import dns.message
import dns.rcode
import dns.rrset
import pytest

from forepost.agent.probes.dns.probe import run
from forepost.kit.clock import SystemClock
from forepost.wire.probes.dns import DnsOptions, DnsResult
from tests.lab.peers import answering_datagrams, real_edges, serving

pytestmark = pytest.mark.anyio

Query = dns.message.Message


async def ask(port: int, **options: object) -> DnsResult:
    asked = {"timeout_sec": 2.0, "dns_server": f"127.0.0.1:{port}", **options}
    edges = real_edges()
    return await run(DnsOptions(**asked), "a.example", SystemClock(), edges)  # type: ignore[arg-type]


def right(query: Query) -> bytes:
    response = dns.message.make_response(query)
    response.answer.append(dns.rrset.from_text("a.example.", 5, "IN", "A", "198.18.0.1"))
    return response.to_wire()


def refusing(code: int, *, only_a_header: bool = False) -> Callable[[bytes], Sequence[bytes]]:
    """A server of 1987: a question with an additional record is none that it can read."""

    def answers(data: bytes) -> Sequence[bytes]:
        query = dns.message.from_wire(data)
        if query.edns < 0:
            return [right(query)]
        if only_a_header:
            return [data[:2] + bytes((0x80, code)) + bytes(8)]
        plain = dns.message.make_query("a.example", "A", id=query.id, use_edns=False)
        response = dns.message.make_response(plain)
        response.set_rcode(dns.rcode.Rcode(code))
        return [response.to_wire()]

    return answers


@pytest.mark.parametrize("only_a_header", [False, True])
@pytest.mark.parametrize(("code", "name"), [(1, "FORMERR"), (4, "NOTIMP")])
async def test_who_knows_no_edns_is_asked_without(
    code: int, name: str, only_a_header: bool
) -> None:
    async with answering_datagrams(refusing(code, only_a_header=only_a_header)) as port:
        got = await ask(port)
    assert (got.response_code, got.error) == ("NOERROR", "")
    assert [one.value for one in got.answers] == ["198.18.0.1"]
    assert (got.edns_refused, got.ignored) == (name, 0)


async def test_who_is_silent_to_edns_is_asked_without_and_only_that_is_timed() -> None:
    def answers(data: bytes) -> Sequence[bytes]:
        query = dns.message.from_wire(data)
        return [] if query.edns >= 0 else [right(query)]

    async with answering_datagrams(answers) as port:
        got = await ask(port, timeout_sec=1.0)
        assert (got.response_code, got.error, got.edns_refused) == ("NOERROR", "", "silence")
        assert 0 < got.query_time_ms < 400
        got = await ask(port, timeout_sec=1.0, edns_size=0)
    assert (got.response_code, got.edns_refused) == ("NOERROR", "")


async def test_an_answer_to_edns_that_is_late_is_one_all_the_same() -> None:
    """The first question is answered after the second was sent, which is not."""
    kept: list[bytes] = []

    def answers(data: bytes) -> Sequence[bytes]:
        query = dns.message.from_wire(data)
        if query.edns >= 0:
            kept.append(right(query))
            return []
        return kept

    async with answering_datagrams(answers) as port:
        got = await ask(port, timeout_sec=0.6)
    assert (got.response_code, got.error, got.edns_refused) == ("NOERROR", "", "")
    assert got.query_time_ms >= 290


async def test_who_knows_edns_and_finds_fault_with_the_question_is_not_asked_again() -> None:
    asked: list[bytes] = []

    def answers(data: bytes) -> Sequence[bytes]:
        asked.append(data)
        response = dns.message.make_response(dns.message.from_wire(data))
        response.set_rcode(dns.rcode.FORMERR)
        return [response.to_wire()]

    async with answering_datagrams(answers) as port:
        got = await ask(port)
    assert (got.response_code, got.edns_refused, len(asked)) == ("FORMERR", "", 1)


async def test_who_refuses_both_questions_has_refused() -> None:
    def answers(data: bytes) -> Sequence[bytes]:
        return [data[:2] + bytes((0x80, 1)) + bytes(8)]

    async with answering_datagrams(answers) as port:
        got = await ask(port)
    assert (got.response_code, got.edns_refused, got.error) == ("FORMERR", "FORMERR", "")


def framed(answers: Callable[[bytes], Sequence[bytes]]) -> Any:
    """The same over TCP; one question, then it hangs up."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        size = int.from_bytes(await reader.readexactly(2), "big")
        for said in answers(await reader.readexactly(size)):
            writer.write(len(said).to_bytes(2, "big") + said)
        await writer.drain()

    return talk


async def test_who_knows_no_edns_is_asked_without_over_tcp_too() -> None:
    async with serving(framed(refusing(1))) as port:
        got = await ask(port, protocol="tcp")
    assert (got.response_code, got.error, got.edns_refused) == ("NOERROR", "", "FORMERR")
    assert got.connect_ms > 0


async def test_an_answer_from_another_port_is_none() -> None:
    """Whoever forges may know all but the socket."""
    loop = asyncio.get_running_loop()
    elsewhere, _ = await loop.create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
    )

    class Peer(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: Any) -> None:
            elsewhere.sendto(right(dns.message.from_wire(data)), addr)

    peer, _ = await loop.create_datagram_endpoint(Peer, local_addr=("127.0.0.1", 0))
    try:
        port = peer.get_extra_info("sockname")[1]
        got = await ask(port, timeout_sec=0.3)
    finally:
        peer.close()
        elsewhere.close()
    assert (got.response_code, got.ignored) == ("ERROR", 0)
    assert got.error == "query: no answer in 0.3 s"


async def test_a_great_length_and_then_silence_is_no_answer() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(2)
        writer.write(b"\xff\xff" + bytes(100))
        await writer.drain()
        await reader.read()
        await asyncio.sleep(30)

    async with serving(talk) as port:
        got = await ask(port, protocol="tcp", timeout_sec=0.4)
    assert (got.response_code, got.error) == ("ERROR", "query: no answer in 0.4 s")


async def test_names_that_lead_to_themselves_are_an_answer_like_any() -> None:
    def answers(data: bytes) -> Sequence[bytes]:
        response = dns.message.make_response(dns.message.from_wire(data))
        for name, to in (("a.example.", "b.example."), ("b.example.", "a.example.")):
            response.answer.append(dns.rrset.from_text(name, 5, "IN", "CNAME", to))
        return [response.to_wire()]

    async with answering_datagrams(answers) as port:
        got = await ask(port, expected_values=["198.18.0.0/15"])
    assert len(got.answers) == 2
    assert got.error == "answer: nothing of what is expected is among the answers"


async def test_a_compression_that_leads_to_itself_is_no_answer() -> None:
    async with answering_datagrams(
        lambda data: [data[:2] + bytes((0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0)) + b"\xc0\x0c\0\1\0\1"]
    ) as port:
        got = await ask(port, timeout_sec=0.3)
    assert got.response_code == "ERROR"
    assert "ignored, the last one: malformed: " in got.error


async def test_the_longest_text_is_borne() -> None:
    def answers(data: bytes) -> Sequence[bytes]:
        response = dns.message.make_response(dns.message.from_wire(data))
        strings = " ".join(['"' + "x" * 255 + '"'] * 240)
        response.answer.append(dns.rrset.from_text("a.example.", 5, "IN", "TXT", strings))
        return [response.to_wire(max_size=65_535)]

    async with serving(framed(answers)) as port:
        got = await ask(port, protocol="tcp", record_type="TXT")
    assert got.error == ""
    (answer,) = got.answers
    assert (len(answer.value), len(answer.strings)) == (240 * 255, 240)
