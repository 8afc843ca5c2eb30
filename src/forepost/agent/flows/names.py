"""What a flow is called: its protocol, its name, its application. Pure."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import msgspec

from forepost.agent.flows.flow import TCP, UDP, Flow
from forepost.agent.flows.services import one_word, well_known
from forepost.agent.settings import FlowRule
from forepost.wire.flows.meter import REST_PROTOCOL, FlowLabel, Reason

TRANSPORTS: Final = {
    1: "ICMP",
    2: "IGMP",
    4: "IPIP",
    6: "TCP",
    17: "UDP",
    41: "IPv6",
    47: "GRE",
    50: "ESP",
    51: "AH",
    58: "ICMPv6",
    89: "OSPF",
    103: "PIM",
    112: "VRRP",
    132: "SCTP",
    REST_PROTOCOL: "not told apart",
    136: "UDPLite",
}
"""IANA's protocol numbers, those that are seen."""
BY_PORT: Final = 30
BY_RULE: Final = 100
BY_HINT: Final = 60
"""Confidence in per cent."""


class WrongNameRule(ValueError):
    """The text names the field and the reason."""


class Rules:
    """Raises WrongNameRule."""

    def __init__(self, rules: Sequence[FlowRule] = ()) -> None:
        self._rules = [(rule, _checked(rule)) for rule in rules]

    def application(self, flow: Flow) -> str:
        """Empty where no rule holds."""
        for rule, network in self._rules:
            if rule.port and rule.port != flow.other_port:
                continue
            if rule.protocol and rule.protocol != {TCP: "tcp", UDP: "udp"}.get(flow.protocol):
                continue
            if rule.server_name and not under(flow.name, rule.server_name):
                continue
            if network and ipaddress.ip_address(flow.other_address) not in network:
                continue
            return rule.application
        return ""


def under(name: str, domain: str) -> bool:
    name, domain = name.lower().rstrip("."), domain.lower().strip(".")
    return name == domain or name.endswith(f".{domain}")


def by_label(flow: Flow, label: FlowLabel) -> None:
    """Take what inspection found. What nDPI finds comes beside what our own parsers find, and
    names the flow where they say nothing.
    """
    if label.reason == "ndpi":
        label = msgspec.structs.replace(label, protocol=one_word(label.protocol))
        flow.by_ndpi = label
        if flow.label_reason not in (None, "ndpi") and not flow.recalled:
            return
    if label.client is not None and not flow.began_is_sure:
        flow.a_began = label.client == 0
    flow.detected = label.protocol
    flow.server_name = label.server_name or flow.server_name
    flow.facts = label.facts
    flow.label_reason, flow.label_confidence = label.reason, label.confidence
    flow.recalled = False
    _because(flow, label.reason, label.confidence)
    flow.complete = label.final


def by_hint(flow: Flow, name: str) -> None:
    """`name`: by which the other side was looked up before."""
    flow.hinted_name = name
    if not flow.reason:
        _because(flow, "dns_hint", BY_HINT)


def by_port(flow: Flow) -> None:
    """The last guess, of a flow that inspection found nothing in."""
    flow.complete = True
    if flow.detected:
        return
    flow.detected = well_known(flow.protocol, flow.other_port) or well_known(
        flow.protocol, flow.local_port
    )
    if flow.detected:
        _because(flow, flow.reason or "port", max(flow.confidence, BY_PORT))
    else:
        flow.detected = TRANSPORTS.get(flow.protocol, f"IP/{flow.protocol}")


def by_rules(flow: Flow, rules: Rules) -> None:
    flow.application = rules.application(flow)
    if flow.application:
        _because(flow, "rule", BY_RULE)
    else:
        flow.application = flow.by_ndpi.application if flow.by_ndpi else ""


def application_of(flow: Flow) -> str:
    """How its traffic is reported: by a rule, by its protocol, or by its transport and port."""
    if flow.application or flow.detected:
        return flow.application or flow.detected
    return _service(flow.protocol, flow.other_port if flow.local_began else flow.local_port)


@lru_cache(maxsize=4_096)
def _service(protocol: int, port: int) -> str:
    transport = TRANSPORTS.get(protocol, f"IP/{protocol}")
    return f"{transport}/{port}" if protocol in (TCP, UDP) else transport


def _because(flow: Flow, reason: Reason, confidence: int) -> None:
    flow.reason, flow.confidence = reason, confidence


def _checked(rule: FlowRule) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    if not (rule.server_name or rule.prefix or rule.port):
        raise WrongNameRule(f"rule {rule.application!r}: needs server_name, prefix or port")
    try:
        return ipaddress.ip_network(rule.prefix, strict=False) if rule.prefix else None
    except ValueError as error:
        raise WrongNameRule(f"rule {rule.application!r}: prefix: {error}") from None
