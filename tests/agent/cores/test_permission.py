"""What a site allows: rules, and what they hold for."""

import pytest

from forepost.agent.cores.permission import LINK_LOCAL, Permission, WrongPermission, rule
from forepost.agent.settings import Settings, read
from forepost.kit.settings import WrongSettings


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a rule without words"),
        ("somewhere", "'somewhere' is no network, type or port"),
        ("10.0.0.0/33", "is no network"),
        ("port", "'' is no port"),
        ("port 99999", "are no ports"),
        ("port 20-10", "are no ports"),
        ("port x-10", "is no port"),
    ],
)
def test_a_rule_that_is_wrong_is_said(text: str, words: str) -> None:
    with pytest.raises(WrongPermission, match=words):
        rule(text)


@pytest.mark.parametrize(
    ("text", "kind", "address", "port", "holds"),
    [
        ("10.0.0.0/8", "PING", "10.1.2.3", 0, True),
        ("10.0.0.0/8", "PING", "11.1.2.3", 0, False),
        ("10.0.0.0/8", "TCP", "::ffff:10.1.2.3", 80, True),
        ("10.0.0.0/8", "TCP", "::10.1.2.3", 80, True),
        ("10.0.0.0/8", "TCP", "64:ff9b::a01:203", 80, True),
        ("10.0.0.0/8", "TCP", "2002:a01:203::1", 80, True),
        ("fe80::/10", "HTTP", "fe80::1%eth0", 80, True),
        ("2001:db8::1", "HTTP", "[2001:db8::1]", 80, True),
        ("port 25", "TCP", "198.18.0.1", 25, True),
        ("port 25", "TCP", "198.18.0.1", 26, False),
        ("port 1-1023", "TCP", "198.18.0.1", 1_023, True),
        ("http", "HTTP", "198.18.0.1", 80, True),
        ("HTTP", "TCP", "198.18.0.1", 80, False),
        ("TCP 198.18.0.0/15 port 22", "TCP", "198.19.0.1", 22, True),
        ("TCP 198.18.0.0/15 port 22", "TCP", "198.19.0.1", 23, False),
    ],
)
def test_all_words_of_a_rule_must_hold(
    text: str, kind: str, address: str, port: int, *, holds: bool
) -> None:
    denied = Permission((), [text], link_local=True)
    why = f"this site does not allow it: [probes] deny {text!r}"
    assert denied.refusal(kind, address, port) == (why if holds else "")
    allowed = Permission([text], link_local=True)
    assert (allowed.refusal(kind, address, port) == "") == holds


def test_deny_goes_before_allow_and_what_is_not_allowed_is_denied() -> None:
    both = Permission(["198.18.0.0/15", "PING"], ["198.18.0.1"])
    assert both.refusal("TCP", "198.18.0.2", 80) == ""
    assert both.refusal("PING", "203.0.113.1") == ""
    assert both.refusal("TCP", "198.18.0.1", 80).endswith("deny '198.18.0.1'")
    assert both.refusal("TCP", "203.0.113.1", 80) == (
        "this site does not allow it: TCP to 203.0.113.1 port 80 is not in [probes] allow"
    )
    assert both.refusal_of_type("SYSINFO") == ""  # the network is said without a type
    typed = Permission(["PING"], ["NETINFO"])
    assert typed.refusal_of_type("SYSINFO").endswith("SYSINFO is not in [probes] allow")
    assert typed.refusal_of_type("NETINFO").endswith("deny 'NETINFO'")


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "fe80::1%eth0"]
)
def test_where_clouds_keep_credentials_is_denied_unless_the_site_says_so(address: str) -> None:
    assert LINK_LOCAL
    for kind in ("HTTP", "TCP", "TLS", "SPEEDTEST", "REDIS", "WEBSOCKET"):
        assert "deny" in Permission().refusal(kind, address, 80)
        assert "deny" in Permission(["0.0.0.0/0", "::/0"]).refusal(kind, address, 80)
        assert Permission(link_local=True).refusal(kind, address, 80) == ""
    assert Permission().refusal("PING", address) == ""
    assert Permission().refusal("MTR", address) == ""
    assert Permission().refusal("DNS", address, 53) == ""
    assert "deny" in Permission().refusal("DNS", address, 443)


def test_settings_say_which_rule_is_wrong() -> None:
    with pytest.raises(WrongSettings, match=r"probes.*'nowhere' is no network, type or port"):
        read(None, {"FOREPOST_PROBES__DENY": '["nowhere"]'})
    told = read(None, {"FOREPOST_PROBES__DENY": '["port 25"]'})
    assert told.probes.deny == ("port 25",)
    assert Settings().probes.max_packets_per_sec == 20_000
