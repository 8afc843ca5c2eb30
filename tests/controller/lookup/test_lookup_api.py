"""The routes of lookups, on a running controller that has nothing, and on one that has it all."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.free_ports import free_port
from tests.registry import WhoisServer, text, write_mmdb
from tests.running import ControllerProcess, NewAgent, Person, until


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControllerProcess]:
    """No GeoIP, a WHOIS server that is not there, no list of vendors."""
    process = ControllerProcess(tmp_path_factory.mktemp("bare"))
    process.env |= {
        "FOREPOST_LOOKUPS__WHOIS_SERVER": f"127.0.0.1:{free_port()}",
        "FOREPOST_LOOKUPS__ALLOW_PRIVATE_SERVERS": "true",
        "FOREPOST_LOOKUPS__OUI_FILE": "/nowhere/manuf",
    }
    yield process.start()
    process.end()


@pytest.fixture(scope="module")
def admin(bare: ControllerProcess) -> Person:
    return bare.person()


@pytest.mark.parametrize(
    ("method", "path", "body", "reason"),
    [
        ("GET", "/geoip/lookup?ip=8.8.8.8", None, "GeoIP: no database is configured: set lookups."),
        ("POST", "/geoip/lookup", {"ips": ["8.8.8.8"]}, "GeoIP: no database is configured"),
        ("GET", "/lookup/oui/001C42", None, "OUI: lookups.oui_file: No such file"),
        ("POST", "/lookup/oui", {"macs": ["001C42"]}, "OUI: lookups.oui_file: No such file"),
        ("GET", "/whois/lookup?query=8.8.8.8", None, "WHOIS: 127.0.0.1:"),
    ],
)
def test_what_is_not_there_is_503_with_the_reason(
    admin: Person, method: str, path: str, body: object, reason: str
) -> None:
    answer = admin.ask(method, path, json=body) if body else admin.ask(method, path)
    assert answer.status_code == 503
    assert set(answer.json()) == {"error"}
    assert answer.json()["error"].startswith(reason)


def test_states_of_what_is_not_there(admin: Person) -> None:
    status = admin.call("GET", "/geoip/status")
    assert (status["configured"], status["city"], status["databases"]) == (False, False, [])
    assert admin.call("GET", "/lookup/oui/status")["loaded"] is False


def test_combined_says_what_failed(admin: Person) -> None:
    found = admin.call("GET", "/lookup/combined?ip=8.8.8.8")
    assert set(found) == {"ip", "cached", "errors"}
    assert found["errors"]["geoip"].startswith("GeoIP: no database is configured")
    assert "refused" in found["errors"]["whois"]


@pytest.fixture(scope="module")
def agent(admin: Person) -> NewAgent:
    return admin.agent(admin.workspace("w"))


def test_an_agent_is_told_what_there_is(bare: ControllerProcess, agent: NewAgent) -> None:
    for path in ("/agent/api/whoami", "/agent/api/lookup/ip/10.0.0.1"):
        answer = httpx.get(bare.url + path, headers=agent.headers, verify=False)
        assert answer.status_code == 200
        assert set(answer.json()) == {"ip", "timestamp"}
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("headers", "status", "error"),
    [
        ({}, 401, "missing auth headers"),
        ({"X-Agent-PSK": "wrong"}, 401, "invalid_psk"),
        ({"X-Workspace-ID": "x"}, 400, "invalid workspace_id"),
    ],
)
def test_agents_show_their_key(
    bare: ControllerProcess, agent: NewAgent, headers: dict[str, str], status: int, error: str
) -> None:
    shown = agent.headers | headers if headers else {}
    path = f"{bare.url}/agent/api/lookup/ip/8.8.8.8"
    answer = httpx.get(path, headers=shown, verify=False)
    assert (answer.status_code, answer.json()) == (status, {"error": error})
    bad = httpx.get(f"{bare.url}/agent/api/lookup/ip/8.8.8", headers=agent.headers, verify=False)
    assert (bad.status_code, bad.json()) == (400, {"error": "ip: '8.8.8' is not an IP address"})


@pytest.mark.parametrize(
    ("method", "path", "body", "error"),
    [
        ("GET", "/geoip/lookup", None, "ip: is required"),
        ("GET", "/geoip/lookup?ip=x", None, "ip: 'x' is not an IP address"),
        ("POST", "/geoip/lookup", {"ips": []}, "ips: expected `array` of length >= 1"),
        ("POST", "/geoip/lookup", {"ips": ["8.8.8.8"] * 101}, "ips: expected `array` of length <="),
        ("POST", "/lookup/oui", {"macs": ["001C42"] * 101}, "macs: expected `array` of length <="),
        ("GET", "/lookup/oui/xyz", None, "mac: 'xyz' is not a MAC address"),
        ("GET", "/whois/lookup", None, "query: is required"),
        ("GET", "/whois/lookup?query=-h%20evil", None, "query: '-h evil' is neither an IP"),
        ("GET", "/whois/lookup?query=a.com%0d%0ab.com", None, "query: 'a.com\\r\\nb.com' is neith"),
        ("GET", "/whois/lookup?ip=example.com", None, "ip: 'example.com' is not an IP address"),
        ("GET", "/lookup/combined", None, "ip: is required"),
        ("GET", "/lookup/combined?ip=a%20b", None, "ip: 'a b' is neither an IP address nor"),
        (
            "GET",
            "/lookup/combined?ip=no-such.invalid",
            None,
            "ip: no public address of no-such.inv",
        ),
        ("GET", "/lookup/ip/8.8", None, "ip: '8.8' is not an IP address"),
    ],
)
def test_wrong_requests(admin: Person, method: str, path: str, body: object, error: str) -> None:
    answer = admin.ask(method, path, json=body) if body else admin.ask(method, path)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"].startswith(error), answer.json()


def test_only_people_may_ask(bare: ControllerProcess, admin: Person) -> None:
    workspace = admin.workspace("keys")
    made = admin.call("POST", f"/workspaces/{workspace}/api-keys", {"name": "k"}, status=201)
    paths = ("/geoip/status", "/lookup/oui/status", "/whois/lookup?query=a.com", "/lookup/ip/::1")
    for path in paths:
        assert httpx.get(bare.url + path, verify=False).status_code == 401
        key = {"X-API-Key": made["secret"]}
        assert httpx.get(bare.url + path, headers=key, verify=False).status_code == 403


def test_a_broken_database_is_said_and_can_be_mended(tmp_path: Path) -> None:
    path = tmp_path / "asn.mmdb"
    path.write_bytes(b"not yet")
    process = ControllerProcess(tmp_path / "controller")
    process.env |= {"FOREPOST_LOOKUPS__GEOIP_ASN": str(path)}

    def alive() -> bool:
        try:
            return httpx.get(f"{process.url}/healthz", verify=False).status_code == 200
        except httpx.TransportError:
            return False

    try:
        super(ControllerProcess, process).start()
        until(alive, 15, lambda: process.output)
        ready = httpx.get(f"{process.url}/readyz", verify=False)
        assert ready.status_code == 200  # everything else can be done
        assert ready.json()["problems"] == {
            "geoip": "lookups.geoip_asn: this is no GeoIP database (.mmdb)"
        }
        person = process.person()
        answer = person.ask("GET", "/geoip/lookup?ip=8.8.8.8")
        assert (answer.status_code, answer.json()) == (
            503,
            {"error": "GeoIP: lookups.geoip_asn: this is no GeoIP database (.mmdb)"},
        )
        process.stop()
        write_mmdb(path, "asn", {"8.8.8.0/24": {"asn": 15169}})
        process.start()
        found = process.person().call("GET", "/geoip/lookup?ip=8.8.8.8")
        assert found == {"ip": "8.8.8.8", "asn": {"number": 15169}}
    finally:
        process.end()


def test_answers_outlive_the_server_and_a_restart(tmp_path: Path) -> None:
    process = ControllerProcess(tmp_path)
    process.env |= {"FOREPOST_LOOKUPS__ALLOW_PRIVATE_SERVERS": "true"}
    try:
        with WhoisServer(text("ripe.txt")) as server:
            process.env |= {"FOREPOST_LOOKUPS__WHOIS_SERVER": server.place}
            first = process.start().person().call("GET", "/whois/lookup?query=193.0.6.139")
            process.stop()
        second = process.start().person().call("GET", "/whois/lookup?ip=193.0.6.139")
    finally:
        process.end()
    assert "cached" not in first
    assert second["cached"] is True
    assert second["raw_output"] == first["raw_output"]
    assert second["parsed"] == first["parsed"]


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("WHOIS_SERVER", "a b", "lookups.whois_server: must be a host"),
        ("RDAP_URL", "ftp://x", "lookups.rdap_url: must start with https"),
        ("CA_FILE", "/nowhere.pem", "lookups.ca_file: /nowhere.pem"),
    ],
)
def test_wrong_settings_are_refused_at_the_start(
    tmp_path: Path, key: str, value: str, reason: str
) -> None:
    process = ControllerProcess(tmp_path)
    process.env |= {f"FOREPOST_LOOKUPS__{key}": value}
    if key == "RDAP_URL":
        process.env |= {"FOREPOST_LOOKUPS__WHOIS": "rdap"}
    super(ControllerProcess, process).start()
    assert process.child is not None
    assert process.child.wait(15) != 0
    assert reason in process.output
