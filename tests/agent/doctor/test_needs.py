"""What probes need, read off their list."""

from forepost.agent.doctor.case import Case, ProbeFacts, needs
from forepost.agent.settings import Settings


def test_only_what_is_enabled_and_only_of_its_protocol() -> None:
    found = needs(
        [
            ProbeFacts("PING"),
            ProbeFacts("TCP", enabled=False),
            ProbeFacts("MTR", metadata={"protocol": "UDP"}),
            ProbeFacts("MTR", metadata=None),
            ProbeFacts("DNS", bind_interface="eth1", metadata={"protocol": "tcp"}),
            ProbeFacts("SNMP", metadata={"privacy_password": "a secret one"}),
        ]
    )
    assert found == {
        "PING", "MTR", "MTR udp", "DNS", "bind_interface", "SNMP", "SNMP privacy",
    }  # fmt: skip


def test_lacking_fails_only_where_it_is_needed() -> None:
    case = Case(settings=Settings(), wanted={"PING"})
    lacking = case.finding("icmp-ipv4", "no permission", ["PING"], grant="grant it")
    assert (lacking.state, lacking.detail, lacking.grant) == ("lacks", "no permission", "grant it")
    assert lacking.fails
    assert not case.finding("mtr-icmp", "no permission", ["MTR"], grant="grant it").fails
    there = case.finding("icmp-ipv4", "", ["PING"], detail="there", grant="grant it")
    assert (there.state, there.detail, there.grant, there.fails) == ("ok", "there", "", False)
