"""DNS against BIND, which signs a zone, and unbound, which checks it."""

from collections.abc import Iterator

import pytest

from forepost.agent.probes.dns.probe import run
from forepost.kit.clock import SystemClock
from forepost.wire.probes.dns import DnsOptions, DnsResult
from tests.lab import named, unbound
from tests.lab.named import Named
from tests.lab.peers import real_edges
from tests.lab.unbound import Unbound

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def bind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Named]:
    with named.running(tmp_path_factory.mktemp("named")) as server:
        yield server


@pytest.fixture(scope="module")
def resolver(bind: Named, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unbound]:
    signed = (bind.port, bind.trust_anchor())
    with unbound.running(tmp_path_factory.mktemp("unbound"), signed=signed) as server:
        yield server


async def ask(name: str, port: int, **options: object) -> DnsResult:
    asked = {"timeout_sec": 5.0, "dns_server": f"127.0.0.1:{port}", **options}
    return await run(DnsOptions(**asked), name, SystemClock(), real_edges())  # type: ignore[arg-type]


async def test_signatures_come_where_they_are_asked_for(bind: Named) -> None:
    plain = await ask("host.signed.example", bind.port)
    assert {one.type for one in plain.answers} == {"A"}
    signed = await ask(
        "host.signed.example",
        bind.port,
        dnssec_ok=True,
        expected_values=["198.18.0.8", "198.18.0.7"],
        expected_match="exactly",
    )
    assert {one.type for one in signed.answers} == {"A", "RRSIG"}
    assert (signed.error, signed.as_expected) == ("", True)


async def test_the_resolver_tells_what_it_has_checked(resolver: Unbound) -> None:
    for name, checked in (("host.signed.example", True), ("host.example", False)):
        for dnssec_ok in (True, False):
            got = await ask(name, resolver.port, dnssec_ok=dnssec_ok)
            assert (got.response_code, got.error) == ("NOERROR", "")
            assert got.authenticated == checked
            assert got.recursion_available


async def test_without_recursion_a_resolver_answers_only_what_it_has(
    bind: Named, resolver: Unbound
) -> None:
    got = await ask("alias.signed.example", resolver.port, recursion_desired=False)
    assert (got.response_code, got.answers) == ("REFUSED", [])
    got = await ask("host.plain.example", bind.port, recursion_desired=False)
    assert (got.response_code, got.authoritative, got.recursion_available) == (
        "NOERROR",
        True,
        False,
    )
    assert "flags QR AA\n" in got.raw_response


async def test_what_a_server_says_of_itself(bind: Named) -> None:
    got = await ask("version.bind", bind.port, record_type="TXT", record_class="CH")
    assert [one.value for one in got.answers] == ["a test's own"]
    assert "CH TXT" in got.raw_response


async def test_the_strings_of_a_text_are_joined_and_kept(bind: Named) -> None:
    got = await ask("plain.example", bind.port, record_type="TXT")
    (answer,) = got.answers
    assert answer.value == "v=spf1 ip4:198.18.0.0/15 -all"
    assert answer.strings == ["v=spf1 ip4:198.18.0.0/15 ", "-all"]
    (odd,) = (await ask("odd.plain.example", bind.port, record_type="TXT")).answers
    assert odd.value == 'a�bsay "x"'
    assert odd.strings == ["a\\255b", 'say \\"x\\"']


async def test_an_answer_without_edns_has_none(bind: Named) -> None:
    got = await ask("host.plain.example", bind.port)
    assert "edns 0\n" in got.raw_response
    got = await ask("host.plain.example", bind.port, edns_size=0)
    assert (got.error, len(got.answers)) == ("", 2)
    assert "edns" not in got.raw_response


@pytest.mark.parametrize(("edns_size", "cut_off"), [(512, True), (4_096, False)])
async def test_the_size_that_is_asked_for_is_the_server_s_bound(
    bind: Named, edns_size: int, cut_off: bool
) -> None:
    got = await ask(
        "signed.example", bind.port, record_type="ANY", dnssec_ok=True, edns_size=edns_size
    )
    assert (got.error, got.retried_over_tcp) == ("", cut_off)
