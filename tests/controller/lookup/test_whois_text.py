"""Texts of registries, in their formats."""

import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.lookup.whois_text import (
    Referral,
    Server,
    referral_of,
    registration_of,
    server_of,
    text_of,
    together,
)
from forepost.wire.rest.lookup import Registration
from tests.registry import text


def parsed(name: str, query: str) -> Any:
    return msgspec.to_builtins(registration_of(text(name), query))


@pytest.mark.parametrize(
    ("name", "query", "fields"),
    [
        (
            "arin.txt",
            "8.8.8.8",
            {
                "netname": "LVLT-GOGL-8-8-8",
                "netrange": "8.8.8.0 - 8.8.8.255",
                "organization": "Google LLC",
                "country": "US",
                "created": "2014-03-14",
                "updated": "2014-03-14",
                "abuse_email": "network-abuse@google.example",
            },
        ),
        (
            "ripe.txt",
            "193.0.6.139",
            {
                "netname": "RIPE-NCC",
                "netrange": "193.0.0.0 - 193.0.7.255",
                "organization": "Reseaux IP Europeens Network Coordination Centre",
                "country": "NL",
                "created": "2003-03-17T12:15:57Z",
                "updated": "2017-12-04T14:42:31Z",
                "abuse_email": "abuse@ncc.example",
            },
        ),
        (
            "apnic.txt",
            "1.1.1.1",
            {
                "netname": "APNIC-LABS",
                "netrange": "1.1.1.0 - 1.1.1.255",
                "organization": "APNIC Research and Development",
                "country": "AU",
                "updated": "2023-04-26T22:57:58Z",
                "abuse_email": "helpdesk@registry.example",
            },
        ),
        (
            "lacnic.txt",
            "200.160.2.3",
            {
                "netrange": "200.160.0.0/20",
                "organization": "Núcleo de Informação e Coordenação do Ponto BR",
                "country": "BR",
                "created": "19990909",
                "updated": "20190612",
                "abuse_email": "cert@nic.example",
            },
        ),
        (
            "afrinic.txt",
            "196.216.2.1",
            {
                "netname": "AFRINIC-HQ",
                "netrange": "196.216.2.0 - 196.216.3.255",
                "organization": "African Network Information Center",
                "country": "MU",
                "updated": "20050205",
                "abuse_email": "abusepoc@afrinic.example",
            },
        ),
        (
            "verisign.txt",
            "example.com",
            {
                "registrar": "Example Registrar, Inc.",
                "created": "1995-08-14T04:00:00Z",
                "updated": "2024-08-14T07:01:34Z",
                "abuse_email": "abuse@registrar.example",
            },
        ),
        (
            "registrar.txt",
            "example.com",
            {
                "organization": "Internet Assigned Names Authority",
                "country": "US",
                "registrar": "Example Registrar, Inc.",
                "created": "1995-08-14T04:00:00+0000",
                "updated": "2024-08-13T01:02:03+0000",
                "abuse_email": "abuse-desk@registrar.example",
            },
        ),
        ("denic.txt", "xn--bcher-kva.de", {"updated": "2018-03-12T21:44:25+01:00"}),
        (
            "nominet.txt",
            "example.co.uk",
            {
                "organization": "Example Widgets Limited",
                "registrar": "Example Registrar Ltd t/a Names4U",
                "created": "14-Feb-1999",
                "updated": "10-Feb-2024",
            },
        ),
        ("none.txt", "no-such-name-at-all.com", {}),
        ("iana_tld.txt", "some-name.app", {}),
    ],
)
def test_what_registries_say(name: str, query: str, fields: dict[str, str]) -> None:
    assert parsed(name, query) == fields


def test_a_top_level_domain_itself() -> None:
    found = parsed("iana_tld.txt", "app")
    assert (found["organization"], found["created"]) == ("Example Road Registry Inc.", "2015-06-25")


@pytest.mark.parametrize(
    ("said", "referral"),
    [
        (text("iana_ip.txt"), Referral(Server("whois.arin.net"), "registry")),
        (
            "NetName: X\nReferralServer:  whois://whois.ripe.net\n",
            Referral(Server("whois.ripe.net"), "better"),
        ),
        ("ReferralServer: rwhois://rwhois.example.net:4321\n", None),
        ("refer: 127.0.0.1:4343", Referral(Server("127.0.0.1", 4343), "registry")),
        ("refer: whois://[2001:db8::1]:99/", Referral(Server("2001:db8::1", 99), "registry")),
        (text("verisign.txt"), Referral(Server("whois.registrar.example"), "registrar")),
        ("Registrar WHOIS Server: https://registrar.example/whois\n", None),
        ("Registrar WHOIS Server:\nRegistrar URL: x\n", None),
        (text("ripe.txt"), None),
        ("refer: a b\nrefer: x:0\nrefer: x:70000\n", None),
    ],
)
def test_where_they_send_us(said: str, referral: Referral | None) -> None:
    assert referral_of(said) == referral


def test_a_server_is_shown_as_it_is_written() -> None:
    for said in ("whois.iana.org", "localhost:4343"):
        server = server_of(said)
        assert server is not None
        assert str(server) == said


def test_any_encoding() -> None:
    assert text_of("Zürich\r\n".encode()) == "Zürich"
    assert text_of("a\rZürich\r\n\x00".encode("latin-1")) == "a\nZürich"


def test_the_last_word_counts() -> None:
    registry = Registration(registrar="R", created="1995")
    registrar = Registration(created="1996", organization="O")
    whole = together([registry, registrar])
    assert whole == Registration(registrar="R", created="1996", organization="O")
    assert together([registry, Registration()]) == registry


@given(
    st.lists(
        st.one_of(
            st.text(max_size=60),
            st.sampled_from(
                [
                    "# start",
                    "NetRange: 1 - 2",
                    "abuse-c: X",
                    "nic-hdl: X",
                    "e-mail: @",
                    "Registrar:",
                ]
            ),
        )
    )
)
def test_any_text_is_read_without_a_fault(lines: list[str]) -> None:
    said = "\n".join(lines)
    found = registration_of(text_of(said.encode(errors="replace")), "example.com")
    for value in msgspec.to_builtins(found).values():
        assert 0 < len(value) <= 500
    referral_of(said)


@pytest.mark.parametrize(
    "line",
    [
        "abuse-mailbox: " + "a" * 250_000,
        "a" + " " * 250_000,
        "% Abuse contact for" + " is 'a" * 40_000,
        "# start\nNetRange: 1\n" * 12_000,
        "Registrar:\n" * 25_000,
    ],
)
def test_no_text_takes_long(line: str) -> None:
    began = time.process_time()
    registration_of(line, "8.8.8.8")
    referral_of(line)
    assert time.process_time() - began < 2
