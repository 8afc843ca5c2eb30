"""Names of certificates and of cipher suites."""

import subprocess
from datetime import UTC, datetime

import msgspec
import pytest

from forepost.agent.probes.certificates import Certificate
from forepost.agent.probes.cipher_names import iana
from forepost.agent.probes.tls import kind_of

CERTIFICATE = Certificate(
    subject="CN=a",
    issuer="CN=b",
    issuer_org="",
    not_before=datetime(2026, 1, 1, tzinfo=UTC),
    not_after=datetime(2026, 2, 1, tzinfo=UTC),
    names=[],
    addresses=["192.0.2.1", "2001:db8::1"],
    fingerprint="",
)


@pytest.mark.parametrize(
    ("named", "host", "covered"),
    [
        ("a.example", "a.example", True),
        ("A.example", "a.EXAMPLE.", True),
        ("a.example", "b.a.example", False),
        ("*.example.com", "a.example.com", True),
        ("*.example.com", "b.a.example.com", False),
        ("*.example.com", "example.com", False),
        ("*.com", "example.com", False),
        ("*", "example", False),
        ("a*.example.com", "ab.example.com", False),
        ("xn--bcher-kva.example", "bücher.example", True),
        ("192.0.2.1", "192.0.2.1", False),
    ],
)
def test_which_hosts_a_name_covers(named: str, host: str, covered: bool) -> None:
    only_names = msgspec.structs.replace(CERTIFICATE, names=[named], addresses=[])
    assert only_names.is_for(host) is covered


def test_an_address_is_compared_as_an_address() -> None:
    assert CERTIFICATE.is_for("192.0.2.1")
    assert CERTIFICATE.is_for("2001:DB8:0::1")
    assert CERTIFICATE.is_for("2001:db8::1%eth0")
    assert not CERTIFICATE.is_for("192.0.2.2")
    assert not CERTIFICATE.is_for("")


@pytest.mark.parametrize(
    ("now", "days"),
    [
        (datetime(2026, 1, 31, tzinfo=UTC), 1),
        (datetime(2026, 1, 31, 0, 0, 1, tzinfo=UTC), 0),
        (datetime(2026, 2, 1, 0, 0, 1, tzinfo=UTC), -1),
    ],
)
def test_days_are_rounded_down(now: datetime, days: int) -> None:
    assert CERTIFICATE.days_left(now) == days


def test_kinds() -> None:
    assert kind_of(1, self_signed=True) == "self-signed"
    assert kind_of(1, self_signed=False) == "leaf"
    assert kind_of(2, self_signed=True) == "leaf+intermediate"


def test_every_cipher_suite_that_we_offer_has_its_name() -> None:
    """As OpenSSL's own list has it."""
    offered = "ALL:!PSK:!SRP:!aNULL:@SECLEVEL=0"
    listed = subprocess.run(
        ["openssl", "ciphers", "-stdname", "-s", offered],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    names = [line.split()[:3:2] for line in listed.splitlines()]
    assert len(names) > 50
    assert [(standard, iana(name)) for standard, name in names] == [
        (standard, standard) for standard, _ in names
    ]
    assert iana("SOMETHING-NEW") == "SOMETHING-NEW"
