"""Which open alert explains which, and why an incident is."""

from typing import Any

from forepost.controller.alerts.causes import (
    OpenFact,
    cause_among,
    cause_of,
    explained_by,
    explains,
)
from forepost.controller.alerts.place import AlertPlace, handles_of, scope_of

A, B, C, BERLIN = 1, 2, 3, 9


def fact(number: int, metric: str = "failure", **fields: Any) -> OpenFact:
    place = {
        name: fields.pop(name) for name in list(fields) if name in AlertPlace.__struct_fields__
    }
    shown: dict[str, Any] = {"severity": "critical", "probe_type": "PING", **fields}
    return OpenFact(id=number, metric=metric, place=AlertPlace(**place), **shown)


def gone(number: int, agent: int, **fields: Any) -> OpenFact:
    name = fields.pop("agent_name", "berlin")
    return fact(number, "offline", reporter=agent, about=agent, agent_name=name, **fields)


def test_an_agent_that_is_gone_explains_what_others_measure_towards_it() -> None:
    towards = [fact(n, reporter=one, about=BERLIN) for n, one in enumerate((A, B, C), 1)]
    lost = gone(4, BERLIN)
    assert explained_by(lost, [*towards, fact(5, reporter=A)]) == towards
    assert cause_among([lost], fact(6, reporter=A, about=BERLIN)) == lost
    assert cause_of([lost, *towards], 3) == ("agent_gone", "berlin is not heard")


def test_nothing_that_is_wrong_on_a_host_hides_that_it_is_gone() -> None:
    full = fact(1, "disk_usage", reporter=BERLIN)
    assert cause_among([full, fact(2, reporter=A, about=BERLIN)], gone(3, BERLIN)) is None


def test_a_second_target_of_a_site_is_the_same_trouble() -> None:
    first = fact(1, reporter=A, about=BERLIN, target="192.0.2.1")
    second = fact(2, reporter=A, sites=("berlin",))
    assert explains(first, fact(3, reporter=A, about=BERLIN)) == "same_site"
    assert explains(second, fact(4, reporter=A, sites=("berlin",))) == "same_site"
    assert explains(first, fact(5, reporter=A, target="192.0.2.1")) == ""


def test_a_cause_that_is_told_to_others_or_as_less_explains_nothing() -> None:
    ours, theirs = frozenset({"email:a"}), frozenset({"email:b"})
    lost = gone(1, BERLIN, told_by=theirs)
    assert explains(lost, fact(2, reporter=A, about=BERLIN, told_by=ours)) == ""
    warned = gone(3, BERLIN, severity="warning")
    assert explains(warned, fact(4, reporter=A, about=BERLIN)) == ""
    assert explains(warned, fact(5, reporter=A, about=BERLIN, severity="warning")) == "agent_gone"


def test_a_parent_explains_its_children_whoever_is_told() -> None:
    router = fact(1, reporter=A, probe_id=12, name="router", told_by=frozenset({"email:b"}))
    behind = fact(2, reporter=A, parents=("probe:12",), told_by=frozenset({"email:a"}))
    assert explains(router, behind) == "parent"
    assert explains(behind, router) == ""
    slow = fact(3, "latency", severity="warning", probe_id=12)
    assert explains(slow, behind) == ""
    assert cause_of([router, behind], 0) == ("parent", "what it depends on: router is down")
    assert not handles_of(router.place).isdisjoint(handles_of(behind.place))


def test_gateway_and_resolver_of_a_reporter() -> None:
    gateway = fact(1, reporter=A, is_gateway=True, name="gateway")
    resolver = fact(2, "dns_query_failure", reporter=A, probe_type="DNS")
    web = fact(3, reporter=A, probe_type="HTTP", is_named=True)
    address = fact(4, reporter=A, probe_type="HTTP")
    assert explains(gateway, web) == explains(gateway, address) == "gateway"
    assert (explains(resolver, web), explains(resolver, address)) == ("resolver", "")
    assert explains(gateway, fact(5, reporter=B)) == ""
    assert cause_of([gateway, web], 0)[0] == "gateway"
    best = cause_among([resolver, gateway], web)
    assert best == gateway


def test_a_site_that_nobody_reaches() -> None:
    towards = [fact(n, reporter=one, about=BERLIN) for n, one in enumerate((A, B), 1)]
    assert cause_of(towards, 2) == ("site_unreachable", "none of 2 agents reaches it")
    assert cause_of(towards, 3) == ("", "")
    assert cause_of(towards[:1], 1) == ("", "")


def test_agents_that_went_silent_together_point_to_the_controllers_own_line() -> None:
    lost = [gone(n, n, went_together=True) for n in (1, 2, 3)]
    assert explains(lost[0], lost[1]) == "controller_link"
    assert cause_of(lost, 0)[0] == "controller_link"
    assert scope_of(handles_of(lost[0].place) & handles_of(lost[1].place)) == "workspace"
