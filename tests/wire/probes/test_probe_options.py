"""How a probe's metadata becomes its options."""

from typing import Any

import pytest

from forepost.wire.probes.dns import DnsOptions
from forepost.wire.probes.http import HttpOptions
from forepost.wire.probes.options import WrongOption, read_options
from forepost.wire.probes.ping import PingOptions
from forepost.wire.probes.snmp import SnmpOptions
from forepost.wire.probes.tcp import TcpOptions
from forepost.wire.probes.tls import TlsOptions

TOLD = {"interval_sec": 60, "timeout_sec": 10, "count": 0, "bind_interface": "eth1"}


def test_what_the_document_names_is_taken() -> None:
    metadata = {"dns_server": "192.0.2.1:53", "record_type": "MX", "protocol": "TCP"}
    assert read_options(DnsOptions, TOLD, metadata) == DnsOptions(
        dns_server="192.0.2.1:53", record_type="MX", protocol="tcp", bind_interface="eth1"
    )
    metadata = {"security_level": "authpriv", "version": "3", "user_name": "u"} | {
        "auth_protocol": "sha256",
        "privacy_protocol": "aes",
        "auth_password": "12345678",
        "privacy_password": "12345678",
    }
    snmp = read_options(SnmpOptions, TOLD, metadata)
    assert (snmp.level, snmp.auth_protocol, snmp.privacy_protocol) == ("authPriv", "SHA256", "AES")


@pytest.mark.parametrize("metadata", [None, {}, [], "x", {"unknown": 1}, {"url": None}])
def test_what_says_nothing_changes_nothing(metadata: Any) -> None:
    assert read_options(HttpOptions, TOLD, metadata) == HttpOptions(bind_interface="eth1")


def test_what_the_probe_says_itself_is_not_to_be_said_again() -> None:
    metadata = {"interval_sec": 1, "count": 9, "bind_interface": "lo", "timeout_sec": "3"}
    got = read_options(TcpOptions, TOLD, metadata)
    assert got == TcpOptions(timeout_sec=3.0, bind_interface="eth1")
    assert read_options(TcpOptions, TOLD, {"timeout_sec": 0}).timeout_sec == 10


def test_numbers_in_quotes_are_numbers() -> None:
    got = read_options(HttpOptions, TOLD, {"expected_status": ["200", 204], "insecure_tls": "true"})
    assert (got.expected_status, got.insecure_tls) == ([200, 204], True)


@pytest.mark.parametrize(
    ("kind", "metadata", "error"),
    [
        (DnsOptions, {"protocol": "quic"}, "protocol: invalid enum value 'quic'"),
        (DnsOptions, {"record_type": "A B"}, "record_type: expected `str` matching regex "),
        (
            DnsOptions,
            {"dns_server": "https://dns.example"},
            "dns_server: a URL is for protocol doh, not for udp",
        ),
        (HttpOptions, {"expected_status": [99]}, "expected_status[0]: expected `int` >= 100"),
        (HttpOptions, {"headers": {"A\n": "c"}}, "headers: 'A\\n' is no name of a header"),
        (HttpOptions, {"headers": {"A": "c\n"}}, "headers[...]: expected `str` matching regex "),
        (
            HttpOptions,
            {"expected_content": "(", "content_match_type": "regex"},
            "expected_content: no regular expression: missing )",
        ),
        (HttpOptions, {"timeout_sec": -1}, "timeout_sec: expected `float` > 0.0"),
        (TlsOptions, {"alpn": "h2"}, "alpn: expected `array`, got `str`"),
        (SnmpOptions, {"version": "4"}, "version: invalid enum value '4'"),
        (SnmpOptions, {"oids": ["sysDescr"]}, "oids[0]: expected `str` matching regex "),
        (SnmpOptions, {"oids": ["1.40.1"]}, "oids: 1.40.1 is no object identifier"),
        (SnmpOptions, {"walk_oids": ["3.1"]}, "walk_oids: 3.1 is no object identifier"),
        (SnmpOptions, {"oids": ["1.3.4294967296"]}, "oids: 1.3.4294967296 is no object"),
        (SnmpOptions, {"profile": "custom"}, "oids: the profile custom needs some"),
        (SnmpOptions, {"version": "3"}, "user_name: version 3 needs one"),
        (PingOptions, {"source": "eth0"}, "source: must be an address of the agent's host"),
        (PingOptions, {"source": "198.18.0.1", "family": 6}, "source: is no IPv6 address"),
        (PingOptions, {"dscp": 64}, "dscp: "),
        (PingOptions, {"size": 7}, "size: "),
        (PingOptions, {"ttl": 256}, "ttl: "),
        (PingOptions, {"family": "5"}, "family: "),
        (
            SnmpOptions,
            {"version": "3", "user_name": "u", "auth_password": "short"},
            "auth_password: authNoPriv needs one of 8 characters or more",
        ),
    ],
)
def test_what_is_wrong_is_named(kind: Any, metadata: dict[str, Any], error: str) -> None:
    with pytest.raises(WrongOption) as raised:
        read_options(kind, TOLD, metadata)
    assert str(raised.value).startswith(error)


def test_the_source_says_which_addresses_of_a_name_are_measured() -> None:
    assert PingOptions().measured_family == "auto"
    assert PingOptions(family="6").measured_family == "6"
    assert PingOptions(source="198.18.0.1").measured_family == "4"
    assert PingOptions(source="2001:db8::1").measured_family == "6"
