"""DNS against what its probe expects: values, codes, several servers."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from forepost.agent.probes.dns.probe import run
from forepost.controller.payloads import read
from forepost.kit.clock import SystemClock
from forepost.wire.probes.dns import DnsOptions, DnsResult
from forepost.wire.probes.options import WrongOption, read_options
from tests.lab import named
from tests.lab.named import Named
from tests.lab.peers import answering_datagrams, real_edges

pytestmark = pytest.mark.anyio

HOST, ALIAS, ZONE = "host.plain.example", "alias.plain.example", "plain.example"
BOTH = ["198.18.0.7", "198.18.0.8"]
NOTHING = "answer: nothing of what is expected is among the answers"


@pytest.fixture(scope="module")
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Named]:
    with named.running(tmp_path_factory.mktemp("named")) as server:
        yield server


async def ask(name: str, at: str, **options: object) -> DnsResult:
    asked = {"timeout_sec": 3.0, "dns_server": at, **options}
    return await run(DnsOptions(**asked), name, SystemClock(), real_edges())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "kind", "match", "values", "objection"),
    [
        (HOST, "A", "all", BOTH, ""),
        (HOST, "A", "exactly", BOTH, ""),
        (HOST, "A", "all", ["198.18.0.7"], ""),
        (HOST, "A", "exactly", ["198.18.0.7"], "answer: 1 of 2 answers were not expected"),
        (HOST, "A", "exactly", ["198.18.0.0/15"], ""),
        (HOST, "A", "any", ["198.18.0.7", "198.18.0.9"], ""),
        (
            HOST,
            "A",
            "all",
            ["198.18.0.7", "198.18.0.9"],
            "answer: 1 of 2 expected values are not among the answers",
        ),
        (HOST, "A", "any", ["192.0.2.0/24"], NOTHING),
        (HOST, "AAAA", "exactly", ["2001:DB8:0:0::0007"], ""),
        # What leads there is no answer of the asked type.
        (ALIAS, "A", "exactly", BOTH, ""),
        (ALIAS, "CNAME", "exactly", ["HOST.Plain.Example"], ""),
        (ALIAS, "CNAME", "exactly", ["other.plain.example"], NOTHING),
        (ZONE, "NS", "exactly", ["ns.plain.example."], ""),
        (ZONE, "MX", "exactly", ["10   mail.PLAIN.example"], ""),
        (ZONE, "MX", "exactly", ["20 mail.plain.example"], NOTHING),
        (ZONE, "TXT", "exactly", ["v=spf1 ip4:198.18.0.0/15 -all"], ""),
        (ZONE, "TXT", "exactly", ['"v=spf1 ip4:198.18.0.0/15 -all"'], ""),
        (ZONE, "TXT", "exactly", ["V=SPF1 ip4:198.18.0.0/15 -all"], NOTHING),
        (HOST, "TXT", "any", ["x"], NOTHING),
        ("none.plain.example", "A", "any", BOTH, "answer: NXDOMAIN was not expected"),
    ],
)
async def test_an_answer_is_what_is_expected_or_is_told_in_what_it_is_not(
    bind: Named, name: str, kind: str, match: str, values: list[str], objection: str
) -> None:
    got = await ask(
        name,
        f"127.0.0.1:{bind.port}",
        record_type=kind,
        expected_match=match,
        expected_values=values,
    )
    assert got.error == objection
    assert got.as_expected == (not objection)
    assert got.response_code in ("NOERROR", "NXDOMAIN")
    assert got.query_time_ms > 0
    said = read("DNS", msgspec.json.encode(got))
    assert said
    figures = said.measures()
    assert said.metrics(figures)["dns_query_failure"] == float(bool(objection))
    assert said.grade(figures).failed == bool(objection)
    assert (figures.received, figures.rtt_ms is not None) == (int(not objection), True)


@pytest.mark.parametrize(
    ("name", "codes", "objection"),
    [
        ("none.plain.example", ["nxdomain"], ""),
        ("none.elsewhere.net", ["REFUSED", "NOERROR"], ""),
        ("none.elsewhere.net", ["NXDOMAIN"], "answer: REFUSED was not expected"),
        (HOST, ["NXDOMAIN"], "answer: NOERROR was not expected"),
    ],
)
async def test_codes_that_are_expected_are_fine(
    bind: Named, name: str, codes: list[str], objection: str
) -> None:
    got = await ask(name, f"127.0.0.1:{bind.port}", expected_rcodes=codes)
    assert got.error == objection
    said = read("DNS", msgspec.json.encode(got))
    assert said
    assert said.grade(said.measures()).status == ("critical" if objection else "healthy")
    assert said.metrics(said.measures())["dns_query_failure"] == float(bool(objection))


async def test_no_answer_is_neither_expected_nor_not() -> None:
    async with answering_datagrams(lambda _: []) as port:
        got = await ask(HOST, f"127.0.0.1:{port}", timeout_sec=0.2, expected_rcodes=["NOERROR"])
    assert (got.as_expected, got.error) == (None, "query: no answer in 0.2 s")


async def test_a_value_that_is_none_of_its_type_is_told_by_its_place() -> None:
    got = await ask(ZONE, "127.0.0.1:9", record_type="MX", expected_values=["10 a.b", "hm"])
    assert got.error == "question: expected_values[1] is no value of MX"
    assert got.remote_addr == ""


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        ({"expected_values": ["198.18.0.7", "host"]}, "expected_values: 'host' is no IPv4"),
        ({"record_type": "aaaa", "expected_values": ["198.18.0.7"]}, "expected_values: "),
        ({"expected_rcodes": ["NOSUCH"]}, "expected_rcodes: NOSUCH is no code of DNS"),
        ({"edns_size": 100}, "edns_size: 0, or 512 and more"),
        ({"edns_size": 0, "dnssec_ok": True}, "dnssec_ok: needs EDNS"),
        ({"tls_name": "dns.example"}, "tls_name: protocol udp has no certificate"),
        ({"more_servers": ["https://dns.example/"]}, "more_servers: a URL is for protocol doh"),
        ({"more_servers": ["192.0.2.1"] * 16}, "more_servers: "),
        ({"expected_match": "some"}, "expected_match: "),
        ({"record_class": "XX"}, "record_class: "),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_field(
    metadata: dict[str, object], reason: str
) -> None:
    with pytest.raises(WrongOption) as refused:
        read_options(DnsOptions, {}, metadata)
    assert str(refused.value).startswith(reason)


async def test_several_servers_are_asked_at_once_and_the_worst_decides(
    bind: Named, unused_port: int, tmp_path: Path
) -> None:
    at = f"127.0.0.1:{bind.port}"
    async with answering_datagrams(lambda _: []) as silent:
        got = await ask(
            HOST,
            at,
            more_servers=[f"[::1]:{bind.port}", f"127.0.0.1:{silent}", f"127.0.0.1:{unused_port}"],
            timeout_sec=1.0,
            expected_values=BOTH,
        )
    fine, six, quiet, refusing = got.servers
    assert (fine.dns_server, fine.values, fine.error) == (at, BOTH, "")
    assert (six.remote_addr, six.response_code) == (f"[::1]:{bind.port}", "NOERROR")
    assert quiet.error == "query: no answer in 1 s"
    assert refusing.error == "query: connection refused"
    assert (got.error, got.response_code, got.as_expected) in (
        (quiet.error, "ERROR", None),
        (refusing.error, "ERROR", None),
    )
    took_ms = (got.stop_timestamp - got.start_timestamp).total_seconds() * 1e3
    assert 1_000 <= took_ms < 1_900


async def test_of_several_that_are_fine_the_slower_one_is_told(bind: Named) -> None:
    got = await ask(HOST, f"127.0.0.1:{bind.port}", more_servers=[f"[::1]:{bind.port}"])
    assert got.error == ""
    assert got.query_time_ms == max(one.query_time_ms for one in got.servers)
    assert got.dns_server == max(got.servers, key=lambda one: one.query_time_ms).dns_server


async def test_one_server_that_says_another_thing_is_the_worst(bind: Named) -> None:
    """Split horizons, and zones that were not transferred."""
    at = f"127.0.0.1:{bind.port}"
    got = await ask("none.plain.example", at, more_servers=[at, f"[::1]:{bind.port}"])
    assert (len(got.servers), got.response_code) == (2, "NXDOMAIN")


async def test_a_url_s_secrets_are_in_no_result() -> None:
    got = await ask(HOST, "https://u:pw@127.0.0.1:9/q?token=secret1", protocol="doh")
    assert "secret1" not in msgspec.json.encode(got).decode()
