"""DNS hints, user rules, and what a flow is called in the end."""

import ipaddress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.flows import names
from forepost.agent.flows.flow import Flow, fresh
from forepost.agent.flows.hints import Hints
from forepost.agent.flows.names import Rules, WrongNameRule
from forepost.agent.flows.sides import Sides
from forepost.agent.settings import FlowRule, read
from forepost.kit.settings import WrongSettings
from forepost.wire.flows.meter import FLOW, KEY, FlowLabel


def flow(port: int = 443, protocol: int = 6, remote: str = "8.8.8.8") -> Flow:
    there = ipaddress.IPv4Address(remote).packed + bytes(12)
    key = KEY.pack(bytes((10, 0, 0, 1)) + bytes(12), there, b"\xc0\0", port.to_bytes(2), protocol,
                   4, 0)  # fmt: skip
    return fresh(
        "cable", key, FLOW.pack(1, 1, 60, 60, 5, 6, *[0] * 14, bytes(6), bytes(6), 0), Sides()
    )


def test_hints_are_bounded_and_only_of_public_addresses() -> None:
    hints = Hints(most=2)
    hints.learn("router.lan", [bytes((10, 0, 0, 1))])
    assert len(hints) == 0
    for number, name in enumerate(("a.example", "b.example", "c.example")):
        hints.learn(name, [bytes((8, 8, 8, number))])
    assert [hints.name_of(bytes((8, 8, 8, n))) for n in range(3)] == ["", "b.example", "c.example"]


def test_hints_come_back_as_they_were_kept() -> None:
    hints = Hints()
    hints.learn("a.example", [bytes((8, 8, 8, 8)), ipaddress.ip_address("2606:4700::1").packed])
    again = Hints()
    assert again.read(hints.text()) == 0
    assert again.text() == hints.text()
    assert not again.changed


@given(st.text(max_size=200))
def test_any_text_is_read_and_what_is_wrong_is_counted(text: str) -> None:
    assert Hints().read(text) <= len(text.splitlines())


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        (FlowRule(application="x", server_name="example.com"), True),
        (FlowRule(application="x", server_name="ample.com"), False),
        (FlowRule(application="x", prefix="8.8.0.0/16", port=443, protocol="tcp"), True),
        (FlowRule(application="x", prefix="9.0.0.0/8"), False),
        (FlowRule(application="x", port=80), False),
        (FlowRule(application="x", port=443, protocol="udp"), False),
    ],
)
def test_all_that_a_rule_says_must_hold(rule: FlowRule, holds: bool) -> None:
    one = flow()
    one.server_name = "www.Example.com"
    names.by_rules(one, Rules([rule]))
    assert one.application == ("x" if holds else "")
    assert (one.reason == "rule") == holds


def test_a_rule_that_cannot_be_says_why(tmp_path: Path) -> None:
    with pytest.raises(WrongNameRule, match="rule 'x': needs server_name, prefix or port"):
        Rules([FlowRule(application="x")])
    with pytest.raises(WrongNameRule, match="rule 'x': prefix: 'moon'"):
        Rules([FlowRule(application="x", prefix="moon")])
    file = tmp_path / "agent.toml"
    file.write_text('[[flows.rules]]\napplication = "x"\nport = 70000\n')
    with pytest.raises(WrongSettings, match=r"flows.rules\[0\].port"):
        read(file, {})


def test_names_in_the_order_of_what_is_known() -> None:
    one = flow()
    names.by_hint(one, "dns.google")
    assert (one.name, one.reason, one.confidence) == ("dns.google", "dns_hint", 60)
    names.by_label(
        one,
        FlowLabel(key=one.key, protocol="TLS", server_name="www.example.com", reason="tls_sni",
              confidence=95),
    )  # fmt: skip
    assert (one.name, one.detected, one.reason) == ("www.example.com", "TLS", "tls_sni")
    names.by_port(one)
    assert (one.detected, one.reason) == ("TLS", "tls_sni")


def test_the_port_is_the_last_guess() -> None:
    known, unknown, gre = flow(443), flow(31_999), flow(0, protocol=47)
    for one in (known, unknown, gre):
        names.by_port(one)
    assert (known.detected, known.reason, known.confidence) == ("TLS", "port", 30)
    assert (unknown.detected, unknown.reason) == ("TCP", None)
    assert names.application_of(gre) == "GRE"
    assert names.application_of(flow(31_999)) == "TCP/31999"
