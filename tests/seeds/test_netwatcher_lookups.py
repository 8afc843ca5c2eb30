"""The document's bodies about addresses, names and MAC addresses.

The controller runs with its own /etc/hosts, so that dns.google is there without a network; GeoIP
databases and registries are the test's own.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.registry import RdapServer, WhoisServer, text, write_mmdb
from tests.running import ControllerProcess, Person

HOSTS = """127.0.0.1 localhost
8.8.8.8 dns.google
203.0.113.45 host-203-0-113-45.example.com
10.0.0.5 secret.internal
"""
CITIES = {
    "8.8.8.0/24": {
        "city": {"names": {"en": "Mountain View"}},
        "country": {"iso_code": "US", "names": {"en": "United States"}},
        "location": {"accuracy_radius": 1000, "latitude": 37.4056, "longitude": -122.0775},
        "subdivisions": [{"iso_code": "CA", "names": {"en": "California"}}],
    },
    "1.1.1.0/24": {"country": {"iso_code": "AU", "names": {"en": "Australia"}}},
    "9.9.9.0/24": {
        "city": {"names": {"en": "Vancouver"}},
        "country": {"iso_code": "CA", "names": {"en": "Canada"}},
        "location": {"latitude": 49.2827, "longitude": -123.1207},
        "subdivisions": [{"iso_code": "BC", "names": {"en": "British Columbia"}}],
    },
}
COUNTRIES = {"8.8.8.0/24": {"country_code": "US"}}
ASNS = {
    "8.8.8.0/24": {"autonomous_system_number": 15169, "autonomous_system_organization": "GOOGLE"},
    "1.1.1.0/24": {"asn": "AS13335", "as_name": "CLOUDFLARENET"},
    "9.9.9.0/24": {
        "autonomous_system_number": 852,
        "autonomous_system_organization": "TELUS Communications",
    },
}
GOOGLE = {
    "city": {"name": "Mountain View", "subdivision": "CA"},
    "country": {"code": "US", "name": "United States"},
    "asn": {"number": 15169, "organization": "GOOGLE"},
    "coordinates": {"latitude": 37.4056, "longitude": -122.0775, "accuracy_radius": 1000},
}
REGISTERED = {
    "netname": "LVLT-GOGL-8-8-8",
    "netrange": "8.8.8.0 - 8.8.8.255",
    "organization": "Google LLC",
    "country": "US",
}


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControllerProcess]:
    folder = tmp_path_factory.mktemp("lookups")
    hosts = folder / "hosts"
    hosts.write_text(HOSTS)
    mount = 'mount --bind "$0" /etc/hosts && exec "$@"'
    with WhoisServer(text("arin.txt")) as arin:
        refers = text("iana_ip.txt").replace("whois.arin.net", arin.place)
        with WhoisServer(lambda q: text("none.txt") if "no-such" in q else refers) as iana:
            process = ControllerProcess(folder / "controller")
            process.prefix = ["unshare", "--mount", "sh", "-c", mount, str(hosts)]
            process.env |= {
                "FOREPOST_LOOKUPS__GEOIP_CITY": str(database(folder, "city", CITIES)),
                "FOREPOST_LOOKUPS__GEOIP_COUNTRY": str(database(folder, "country", COUNTRIES)),
                "FOREPOST_LOOKUPS__GEOIP_ASN": str(database(folder, "asn", ASNS)),
                "FOREPOST_LOOKUPS__WHOIS_SERVER": iana.place,
                "FOREPOST_LOOKUPS__ALLOW_PRIVATE_SERVERS": "true",
                "FOREPOST_HTTP__TRUSTED_PROXIES": '["127.0.0.0/8"]',
            }
            yield process.start()
            process.end()


def database(folder: Path, kind: str, records: dict[str, Any]) -> Path:
    return write_mmdb(folder / f"{kind}.mmdb", f"GeoLite2-{kind}", records)


def test_geoip_lookup(person: Person) -> None:
    assert person.call("GET", "/geoip/lookup?ip=8.8.8.8") == {"ip": "8.8.8.8", **GOOGLE}
    assert person.call("GET", "/geoip/lookup?ip=10.0.0.1") == {"ip": "10.0.0.1"}
    found = person.call("GET", "/geoip/lookup?ip=::ffff:8.8.8.8")
    assert found == {"ip": "8.8.8.8", **GOOGLE}


def test_geoip_lookup_of_many(person: Person) -> None:
    asked = {"ips": ["8.8.8.8", "1.1.1.1", "208.67.222.222", "nonsense"]}
    assert person.call("POST", "/geoip/lookup", asked) == {
        "data": [
            {"ip": "8.8.8.8", **GOOGLE},
            {
                "ip": "1.1.1.1",
                "country": {"code": "AU", "name": "Australia"},
                "asn": {"number": 13335, "organization": "CLOUDFLARENET"},
            },
            {"ip": "208.67.222.222"},
            {"ip": "nonsense", "error": "ip: 'nonsense' is not an IP address"},
        ],
        "total": 4,
    }


def test_geoip_status(person: Person) -> None:
    status = person.call("GET", "/geoip/status")
    assert {k: status[k] for k in ("city", "country", "asn")} == {
        "city": True,
        "country": True,
        "asn": True,
    }
    assert status["configured"] is True


def test_oui_lookup(person: Person) -> None:
    for mac in ("00:1C:42:AB:CD:EF", "00-1C-42-AB-CD-EF", "001C42ABCDEF"):
        assert person.call("GET", f"/lookup/oui/{mac}") == {
            "mac": mac,
            "oui": "00-1C-42",
            "vendor": "Parallels, Inc.",
            "found": True,
        }
    unknown = person.call("GET", "/lookup/oui/0C:00:00:00:00:00")
    assert (unknown["vendor"], unknown["found"]) == (None, False)


def test_oui_lookup_of_many(person: Person) -> None:
    asked = {"macs": ["00:1C:42:AB:CD:EF", "00:00:5E:00:01:01"]}
    assert person.call("POST", "/lookup/oui", asked) == {
        "results": [
            {
                "mac": "00:1C:42:AB:CD:EF",
                "oui": "00-1C-42",
                "vendor": "Parallels, Inc.",
                "found": True,
            },
            {
                "mac": "00:00:5E:00:01:01",
                "oui": "00-00-5E",
                "vendor": "ICANN, IANA Department",
                "found": True,
            },
        ],
        "count": 2,
    }
    wrong = person.call("POST", "/lookup/oui", {"macs": ["zz"]})["results"][0]
    assert (wrong["found"], wrong["error"][:10]) == (False, "mac: 'zz' ")


def test_oui_status(person: Person) -> None:
    status = person.call("GET", "/lookup/oui/status")
    assert status["loaded"] is True
    assert status["entry_count"] >= 35_000


def test_whois_lookup(person: Person) -> None:
    found = person.call("GET", "/whois/lookup?query=8.8.8.8")
    assert found["query"] == "8.8.8.8"
    assert (
        "NetRange:       8.8.8.0 - 8.8.8.255\nCIDR:           8.8.8.0/24\n" in found["raw_output"]
    )
    assert {k: found["parsed"][k] for k in REGISTERED} == REGISTERED
    assert isinstance(found["lookup_time_ms"], int)
    again = person.call("GET", "/whois/lookup?ip=8.8.8.8")
    assert again["parsed"] == found["parsed"]
    assert again["cached"] is True
    assert again["cache_time"]
    unknown = person.call("GET", "/whois/lookup?query=www.no-such.b2.xn--p1ai")
    assert unknown["parsed"] == {}


def test_whois_by_rdap(tmp_path: Path) -> None:
    process = ControllerProcess(tmp_path)
    with RdapServer({"/ip/8.8.8.8": (200, text("arin_rdap.json"))}) as server:
        process.env |= {
            "FOREPOST_LOOKUPS__WHOIS": "rdap",
            "FOREPOST_LOOKUPS__RDAP_URL": server.url,
            "FOREPOST_LOOKUPS__ALLOW_PRIVATE_SERVERS": "true",
        }
        try:
            found = process.start().person().call("GET", "/whois/lookup?query=8.8.8.8")
        finally:
            process.end()
    assert found["parsed"]["organization"] == "Google LLC"
    assert found["parsed"]["netrange"] == "8.8.8.0 - 8.8.8.255"


def test_combined_lookup(person: Person) -> None:
    person.call("GET", "/whois/lookup?query=8.8.8.8")
    by_name = person.call("GET", "/lookup/combined?ip=dns.google")
    assert list(by_name) == ["ip", "hostname", "geoip", "whois", "cached", "cache_time"]
    assert (by_name["ip"], by_name["hostname"]) == ("8.8.8.8", "dns.google")
    assert by_name["geoip"] == {"ip": "8.8.8.8", **GOOGLE, "cached": False}
    assert by_name["whois"]["parsed"]["netname"] == "LVLT-GOGL-8-8-8"
    assert by_name["whois"]["cached"] is by_name["cached"] is True
    assert by_name["whois"]["cache_time"] == by_name["cache_time"]
    by_address = person.call("GET", "/lookup/combined?ip=8.8.8.8")
    assert "hostname" not in by_address
    assert "errors" not in by_address
    hidden = person.ask("GET", "/lookup/combined?ip=secret.internal")
    assert (hidden.status_code, hidden.json()) == (
        400,
        {"error": "ip: no public address of secret.internal is known"},
    )


def test_agent_lookup(person: Person, controller: ControllerProcess) -> None:
    agent = person.agent(person.workspace("Production"))

    def ask(path: str, **headers: str) -> Any:
        answer = httpx.get(
            controller.url + path, headers=agent.headers | headers, verify=False, timeout=15
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    found = ask("/agent/api/lookup/ip/8.8.8.8")
    stamp = found.pop("timestamp")
    assert stamp.endswith("Z")
    assert found == {"ip": "8.8.8.8", "geoip": GOOGLE, "reverse_dns": "dns.google"}
    assert person.call("GET", "/lookup/ip/8.8.8.8")["reverse_dns"] == "dns.google"
    # An address of documentation has no place in a database: the document's Vancouver is 9.9.9.9.
    whoami = ask("/agent/api/whoami", **{"X-Forwarded-For": "9.9.9.9"})
    assert whoami["ip"] == "9.9.9.9"
    assert whoami["geoip"] == {
        "city": {"name": "Vancouver", "subdivision": "BC"},
        "country": {"code": "CA", "name": "Canada"},
        "asn": {"number": 852, "organization": "TELUS Communications"},
        "coordinates": {"latitude": 49.2827, "longitude": -123.1207},
    }
    quick = ask("/agent/api/whoami?quick=true", **{"X-Forwarded-For": "9.9.9.9"})
    assert set(quick) == {"ip", "timestamp"}
    own = ask("/agent/api/lookup/ip/10.0.0.5")
    assert set(own) == {"ip", "timestamp"}
