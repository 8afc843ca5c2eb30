"""The client of RDAP, against a real server on loopback."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.lookup.rdap import RdapClient, registration_of
from forepost.controller.lookup.store import RegistryText
from forepost.controller.outgoing.calls import Calls
from forepost.kit.errors import Unavailable
from tests.free_ports import free_port
from tests.receiver import Answer, Authority, Receiver
from tests.registry import RdapServer, text

pytestmark = pytest.mark.anyio

NETWORK = {
    "netname": "GOGL",
    "netrange": "8.8.8.0 - 8.8.8.255",
    "organization": "Google LLC",
    "created": "2023-12-28T17:24:33-05:00",
    "updated": "2023-12-28T17:24:56-05:00",
    "abuse_email": "network-abuse@google.example",
}


async def ask(url: str, query: str, ca_file: str = "") -> RegistryText:
    calls = Calls(allow_private=True, ca_file=ca_file, timeout_sec=2)
    return await RdapClient(calls, url).ask(query)


async def test_a_network() -> None:
    with RdapServer({"/ip/8.8.8.8": (200, text("arin_rdap.json"))}) as server:
        said = await ask(server.url + "/", "8.8.8.8")
    assert msgspec.to_builtins(said.parsed) == NETWORK
    assert said.raw == text("arin_rdap.json").strip()


async def test_a_domain_by_way_of_a_redirect() -> None:
    with RdapServer({"/rdap/domain/example.com": (200, text("domain_rdap.json"))}) as registry:
        places = {"/domain/example.com": f"{registry.url}/rdap/domain/example.com"}
        with RdapServer(places) as bootstrap:
            said = await ask(bootstrap.url, "example.com")
    assert msgspec.to_builtins(said.parsed) == {
        "organization": "Internet Assigned Names Authority",
        "country": "US",
        "registrar": "Example Registrar, Inc.",
        "created": "1995-08-14T04:00:00Z",
        "updated": "2024-08-14T07:01:34Z",
        "abuse_email": "abuse@registrar.example",
    }


async def test_over_tls(tmp_path: Any) -> None:
    authority = Authority(tmp_path)
    with Receiver(
        [Answer(200, text("arin_rdap.json").encode())],
        tls=authority.server("localhost"),
        host="localhost",
    ) as server:
        url = server.url.removesuffix("/hook")
        said = await ask(url, "8.8.8.8", str(authority.file))
        with pytest.raises(Unavailable, match="certificate: unable to get local issuer"):
            await ask(url, "8.8.8.8")
    assert said.parsed.netname == "GOGL"


async def test_nobody_has_it() -> None:
    with RdapServer({}) as server:
        said = await ask(server.url, "no-such-name.example")
    assert not said.found
    assert "404" in said.raw


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ((500, "oh"), "it answered 500"),
        ((429, "slow"), "it answered 429"),
        ((200, "<html>"), "its answer is no JSON object"),
        ((200, "[1]"), "its answer is no JSON object"),
        ((200, "[" * 100_000), "its answer is no JSON object"),
        ("/ip/8.8.8.8", "more than 3 redirects"),
        ("ftp://example.com/", "must start with https"),
    ],
)
async def test_what_is_no_answer(answer: Any, reason: str) -> None:
    with RdapServer({"/ip/8.8.8.8": answer}) as server:
        with pytest.raises(Unavailable, match=f"^RDAP: .*{reason}"):
            await ask(server.url, "8.8.8.8")
        assert len(server.asked) <= 4


async def test_nobody_listens() -> None:
    port = free_port()
    with pytest.raises(Unavailable, match=rf"RDAP: 127\.0\.0\.1:{port}: connecting: .*refused"):
        await ask(f"http://127.0.0.1:{port}", "8.8.8.8")


async def test_a_redirect_to_a_private_address() -> None:
    calls = Calls(allow_private=False, timeout_sec=2)
    with (
        RdapServer({}) as server,
        pytest.raises(Unavailable, match=r"not allowed: loopback \(lookups\.allow_private_servers"),
    ):
        await RdapClient(calls, server.url).ask("8.8.8.8")
    assert server.asked == []


def test_a_field_of_another_shape_costs_itself_only() -> None:
    found = msgspec.json.decode(text("arin_rdap.json"))
    found |= {"name": 7, "country": ["US"], "events": [1, *found["events"]]}
    found["entities"].insert(0, {"roles": "registrant"})
    wanted = {k: v for k, v in NETWORK.items() if k != "netname"}
    assert msgspec.to_builtins(registration_of(found)) == wanted


KEYS = ["name", "events", "entities", "vcardArray", "roles", "startAddress", "eventAction"]
VALUES: Any = st.recursive(
    st.none() | st.integers() | st.sampled_from(["vcard", "fn", "registrant", "abuse", "email"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
)


@given(st.dictionaries(st.sampled_from(KEYS), VALUES))
def test_any_object_is_read_without_a_fault(found: dict[str, Any]) -> None:
    registration_of(found)
