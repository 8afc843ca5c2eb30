"""SNMP against a real agent (snmpd), and against some that do as they like."""

import importlib.util
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto.api import v2c

from forepost.agent.probes.snmp.probe import run
from forepost.kit.clock import SystemClock
from forepost.wire.probes.snmp import SnmpOptions, SnmpResult
from tests.lab.peers import answering_datagrams, real_edges
from tests.lab.snmpd import running

pytestmark = pytest.mark.anyio

PASSWORDS = {"auth_password": "authpass1", "privacy_password": "privpass1"}


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with running(tmp_path_factory.mktemp("snmpd")) as port:
        yield port


async def ask(port: int, host: str = "127.0.0.1", **options: object) -> SnmpResult:
    asked = {"timeout_sec": 4.0, "retries": 1, "community": "secret", **options}
    target = f"{host}:{port}"
    return await run(SnmpOptions(**asked), target, SystemClock(), real_edges())  # type: ignore[arg-type]


def values(got: SnmpResult) -> dict[str, object]:
    return {one.name: one.value for one in got.results}


@pytest.mark.parametrize("version", ["1", "2c"])
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
async def test_the_system_by_community(agent: int, version: str, host: str) -> None:
    got = await ask(agent, host, version=version)
    assert (got.error, got.version, got.profile) == ("", version, "system")
    assert got.target == f"{host}:{agent}"
    assert len(got.results) == 7
    found = values(got)
    assert found["sysName"] == "lab"
    assert found["sysLocation"] == "a shelf"
    assert isinstance(found["sysUpTime"], int)
    types = {one.name: one.type for one in got.results}
    assert types["sysDescr"] == "string"
    assert types["sysUpTime"] == "timeticks"
    assert types["sysObjectID"] == "oid"
    assert found["sysServices"] is None or isinstance(found["sysServices"], int)
    assert 0 < got.query_time_ms < 4_000
    assert got.ignored == 0


async def test_the_system_over_tcp(agent: int) -> None:
    for version in ({"version": "2c"}, {"version": "3", "user_name": "shaaes", **PASSWORDS}):
        got = await ask(agent, transport="tcp", **version)
        assert (got.error, values(got)["sysName"]) == ("", "lab")
        walked = await ask(agent, transport="tcp", profile="interface", **version)
        assert (walked.error, values(walked)["ifDescr.1"]) == ("", "lo")


async def test_a_context_that_the_agent_has_not_has_nothing(agent: int) -> None:
    user = {"version": "3", "user_name": "shaaes", **PASSWORDS}
    got = await ask(agent, context="elsewhere", **user)
    assert values(got).get("sysName") is None


async def test_counters_of_a_real_agent_have_rates(agent: int) -> None:
    edges = real_edges()
    options = SnmpOptions(timeout_sec=4.0, community="secret", profile="interface", rates=True)
    rounds = [await run(options, f"127.0.0.1:{agent}", SystemClock(), edges) for _ in range(2)]
    (loopback,) = (one for one in rounds[1].results if one.name == "ifHCInOctets.1")
    assert [one.error for one in rounds] == ["", ""]
    assert loopback.per_sec is not None
    assert loopback.per_sec >= 0
    macs = [one for one in rounds[1].results if one.name.startswith("ifPhysAddress.")]
    assert {one.type for one in macs} == {"mac"}


@pytest.mark.parametrize("version", ["1", "2c"])
async def test_the_columns_of_a_table_are_walked(agent: int, version: str) -> None:
    got = await ask(agent, version=version, profile="interface")
    assert got.error == ""
    found = values(got)
    interfaces = found["ifNumber"]
    assert isinstance(interfaces, int)
    assert found["ifDescr.1"] == "lo"
    assert len([name for name in found if name.startswith("ifOperStatus.")]) == interfaces
    counters = [one for one in got.results if one.name.startswith("ifHCInOctets.")]
    # Version 1 has no counters of 64 bits.
    assert [one.type for one in counters] == (["counter64"] * interfaces if version == "2c" else [])


@pytest.mark.parametrize(
    ("profile", "some"), [("cpu", ["ssCpuRawIdle", "laLoad.1"]), ("memory", ["memTotalReal"])]
)
async def test_processors_and_memory(agent: int, profile: str, some: list[str]) -> None:
    got = await ask(agent, profile=profile)
    assert got.error == ""
    assert all(values(got)[name] is not None for name in some)


async def test_what_is_asked_for_by_number(agent: int) -> None:
    system = "1.3.6.1.2.1.1"
    got = await ask(agent, oids=[f".{system}.5.0", f"{system}.99.0"], walk_oids=[f"{system}.6"])
    assert (got.profile, got.error) == ("custom", "")
    assert [(one.oid, one.value, one.type) for one in got.results] == [
        (f"{system}.5.0", "lab", "string"),
        (f"{system}.99.0", None, "noSuchObject"),
        (f"{system}.6.0", "a shelf", "string"),
    ]


async def test_more_than_fits_is_cut_and_said(agent: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(run.__globals__, "MOST_VALUES", 30)  # `probes.snmp` is a function too
    got = await ask(agent, walk_oids=["1.3.6.1.2.1.1"], oids=[])
    assert (len(got.results), got.error) == (30, "walk: more than 30 values")


@pytest.mark.parametrize(
    "user",
    [
        {"user_name": "shaaes"},
        {"user_name": "shaaes", "auth_password": "authpass1"},
        {"user_name": "shaaes", **PASSWORDS},
        {"user_name": "md5des", "auth_protocol": "MD5", "privacy_protocol": "DES", **PASSWORDS},
        {"user_name": "sha256", "auth_protocol": "SHA256", "privacy_protocol": "AES256"}
        | PASSWORDS,
        {"user_name": "sha512", "auth_protocol": "SHA512", "privacy_protocol": "AES192"}
        | PASSWORDS,
    ],
    ids=lambda user: f"{user['user_name']}-{len(user)}",
)
async def test_version_3_at_every_level(agent: int, user: dict[str, str]) -> None:
    got = await ask(agent, version="3", **user)
    assert (got.error, got.ignored) == ("", 0)
    assert values(got)["sysName"] == "lab"
    walked = await ask(agent, version="3", profile="interface", **user)
    assert walked.error == ""
    assert values(walked)["ifDescr.1"] == "lo"


@pytest.mark.parametrize(
    ("user", "error"),
    [
        ({"user_name": "nobody"}, "the agent does not know this user"),
        (
            {"user_name": "shaaes", "auth_password": "wrongpass"},
            "the agent finds our digest wrong: authentication password or protocol",
        ),
        (
            {"user_name": "shaaes", "auth_password": "authpass1", "auth_protocol": "SHA512"},
            "the agent finds our digest wrong: authentication password or protocol",
        ),
    ],
)
async def test_what_the_agent_refuses_in_version_3(
    agent: int, user: dict[str, str], error: str
) -> None:
    got = await ask(agent, version="3", **user)
    assert (got.error, got.results) == (f"get: {error}", [])


async def test_privacy_needs_a_package_and_says_so(
    agent: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    got = await ask(agent, version="3", user_name="shaaes", **PASSWORDS)
    assert got.error == ("target: privacy needs the package cryptography: pip install cryptography")


async def test_a_wrong_community_and_nobody(agent: int, unused_port: int) -> None:
    got = await ask(agent, community="wrong", timeout_ms=50)
    assert got.error == "get: no answer to 2 requests, 0.05 s each"
    assert (got.requests, got.results) == (2, [])
    got = await ask(unused_port)
    assert got.error == "get: connection refused"
    got = await ask(agent, "host.invalid")
    assert (got.error, got.remote_addr) == ("resolve: host.invalid: name or service not known", "")


class Liar:
    """Answers as `change` makes it, to requests of version 2c."""

    def __init__(self, change: Any) -> None:
        self.change = change

    def __call__(self, data: bytes) -> Sequence[bytes]:
        message, _ = decoder.decode(data, asn1Spec=v2c.Message())
        asked = v2c.apiMessage.get_pdu(message)
        pdu = v2c.GetResponsePDU()
        v2c.apiPDU.set_defaults(pdu)
        v2c.apiPDU.set_request_id(pdu, v2c.apiPDU.get_request_id(asked))
        oids = [oid for oid, _ in v2c.apiPDU.get_varbinds(asked)]
        v2c.apiPDU.set_varbinds(pdu, [(oid, v2c.OctetString("yes")) for oid in oids])
        v2c.apiMessage.set_pdu(message, pdu)
        return list(self.change(message, pdu))


def twice_with_a_lie_first(message: Any, pdu: Any) -> Iterator[bytes]:
    right = encoder.encode(message)
    yield b"garbage"
    v2c.apiMessage.set_community(message, b"other")
    yield encoder.encode(message)
    yield right[:-3]
    yield right


def another_request(message: Any, pdu: Any) -> Iterator[bytes]:
    v2c.apiPDU.set_request_id(pdu, 1)
    yield encoder.encode(message)


def the_same_for_ever(message: Any, pdu: Any) -> Iterator[bytes]:
    root = "1.3.6.1.2.1.1"
    v2c.apiPDU.set_varbinds(pdu, [(f"{root}.9.1", v2c.Integer32(1)), (f"{root}.9.1", v2c.null)])
    yield encoder.encode(message)


def general_error(message: Any, pdu: Any) -> Iterator[bytes]:
    v2c.apiPDU.set_error_status(pdu, 5)
    yield encoder.encode(message)


async def test_lies_are_ignored_and_counted() -> None:
    async with answering_datagrams(Liar(twice_with_a_lie_first)) as port:
        got = await ask(port)
    assert (got.error, got.ignored, len(got.results)) == ("", 3, 7)
    async with answering_datagrams(Liar(another_request)) as port:
        got = await ask(port, timeout_ms=50)
    assert (got.error, got.ignored) == ("get: no answer to 2 requests, 0.05 s each", 2)


async def test_an_agent_that_goes_in_circles_or_fails() -> None:
    async with answering_datagrams(Liar(the_same_for_ever)) as port:
        got = await ask(port, walk_oids=["1.3.6.1.2.1.1"], oids=[], profile="custom")
    assert got.error == "walk: the agent goes in circles at 1.3.6.1.2.1.1.9.1"
    async with answering_datagrams(Liar(general_error)) as port:
        got = await ask(port)
    assert got.error == "get: the agent answers genErr"
