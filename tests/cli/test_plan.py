"""What has to be done so that a workspace is as a document says."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.cli.apply import read, written
from forepost.cli.document_values import Impossible, public
from forepost.cli.plan import Step, plan, unchanged
from forepost.wire.rest.apply import AgentItem, Document, GroupItem, ProbeItem
from forepost.wire.rest.apply_alerts import RuleItem


def document(**parts: Any) -> Document:
    return Document(forepost=1, **parts)


def agent(key: str, *probes: ProbeItem, **more: Any) -> AgentItem:
    return AgentItem(id=key, name=key.upper(), probes=list(probes), **more)


def ping(key: str, *targets: str, **more: Any) -> ProbeItem:
    return ProbeItem(id=key, type="PING", targets=list(targets), **more)


def rule(key: str, **more: Any) -> RuleItem:
    return RuleItem(id=key, name=key, metric="packet_loss", operator=">", threshold=5.0, **more)


SITE = document(
    agents=[agent("a", ping("gw", "198.18.0.1")), agent("b")],
    groups=[GroupItem(id="g", name="guests", addresses=["192.0.2.1"], agents=["a"])],
    rules=[rule("loss", probe="gw")],
)


def told(steps: list[Step]) -> list[tuple[str, ...]]:
    return [(s.verb, s.kind, s.id, *s.fields) for s in steps]


def test_everything_is_made_before_it_is_named() -> None:
    assert told(plan(document(), SITE, prune=False)) == [
        ("create", "agent", "a"),
        ("create", "agent", "b"),
        ("create", "probe", "gw"),
        ("create", "group", "g"),
        ("create", "rule", "loss"),
    ]


def test_what_is_as_it_should_be_is_left_alone() -> None:
    assert plan(SITE, SITE, prune=True) == []
    assert unchanged(SITE, []) == 5
    spelled = msgspec.structs.replace(
        SITE.groups[0], addresses=["192.0.2.1/32", "192.0.2.1"], agents=["a"]
    )
    assert plan(SITE, msgspec.structs.replace(SITE, groups=[spelled]), prune=True) == []


def test_only_what_differs_is_changed() -> None:
    wanted = document(agents=[agent("a", ping("gw", "198.18.0.2"), location="Roof"), agent("b")])
    assert told(plan(SITE, wanted, prune=False)) == [
        ("change", "agent", "a", "location"),
        ("change", "probe", "gw", "targets"),
    ]


def test_pruning_deletes_what_names_others_first() -> None:
    assert told(plan(SITE, document(agents=[agent("b")]), prune=True)) == [
        ("delete", "rule", "loss"),
        ("delete", "group", "g"),
        ("delete", "agent", "a"),
    ]
    kept = document(agents=[agent("a"), agent("b")], groups=SITE.groups)
    assert told(plan(SITE, kept, prune=True)) == [
        ("delete", "rule", "loss"),
        ("delete", "probe", "gw"),
    ]


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (document(agents=[agent("a"), agent("a")]), "agents: the id 'a' is given twice"),
        (
            document(agents=[agent("a", ping("p", "x")), agent("b", ping("p", "x"))]),
            "probes: the id 'p' is given twice",
        ),
        (document(rules=[rule("r", probe="no")]), "rule r: probe: there is no probe 'no'"),
        (
            document(agents=[agent("b", ping("gw", "198.18.0.1"))]),
            "probe gw: is one of agent 'a'; a probe cannot move, give it another id",
        ),
        (
            document(agents=[agent("a", ProbeItem(id="gw", type="MTR", targets=["198.18.0.1"]))]),
            "probe gw: type cannot be changed; give it another id",
        ),
        (
            document(groups=[GroupItem(id="h", name="h", addresses=["nonsense"])]),
            None,
        ),
    ],
)
def test_what_cannot_be_is_named(wanted: Document, reason: str | None) -> None:
    if reason is None:  # found out by the controller, as nothing is compared
        assert told(plan(SITE, wanted, prune=False)) == [("create", "group", "h")]
        return
    with pytest.raises(Impossible) as impossible:
        plan(SITE, wanted, prune=False)
    assert str(impossible.value) == reason


keys = st.sampled_from("abcdef")
pings = st.builds(ping, keys.map("p{}".format), keys)
agents = st.builds(
    lambda k, ps, loc: agent(
        k,
        *{f"{k}-{p.id}": msgspec.structs.replace(p, id=f"{k}-{p.id}") for p in ps}.values(),
        location=loc,
    ),
    keys,
    st.lists(pings, max_size=3),
    keys,
)
documents = st.lists(agents, max_size=4, unique_by=lambda a: a.id).map(
    lambda found: document(agents=found)
)


@given(documents, documents)
def test_after_the_steps_there_is_nothing_left_to_do(now: Document, wanted: Document) -> None:
    there: dict[str, AgentItem] = {a.id: a for a in now.agents}
    for step in plan(now, wanted, prune=True):
        match step.kind, step.item:
            case "agent", AgentItem() as item:
                probes = there[step.id].probes if step.verb == "change" else []
                there[step.id] = msgspec.structs.replace(item, probes=probes)
            case "agent", None:
                del there[step.id]
            case "probe", item:
                own = [p for p in there[step.agent].probes if p.id != step.id]
                if isinstance(item, ProbeItem):
                    own.append(item)
                there[step.agent] = msgspec.structs.replace(there[step.agent], probes=own)
    assert plan(document(agents=list(there.values())), wanted, prune=True) == []


@given(documents)
def test_what_is_written_can_be_read(found: Document) -> None:
    assert msgspec.yaml.decode(written(found), type=Document) == found


def test_a_wrong_document_names_the_field(tmp_path: Any) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("forepost: 1\nagents:\n  - {id: a, name: A, wehre: x}\n")
    with pytest.raises(Impossible, match=r"agents\[0\]: object contains unknown field `wehre`"):
        read(path)
    path.write_text("forepost: 2\n")
    with pytest.raises(Impossible, match="forepost: invalid enum value 2"):
        read(path)
    path.write_text("forepost: [\n")
    with pytest.raises(Impossible, match=r"site\.yaml: "):
        read(path)


SECRETS = document(
    agents=[
        agent(
            "a",
            ProbeItem(
                id="shop",
                type="HTTP",
                targets=["https://u:pw@shop.example/?token=abcdef"],
                metadata={"headers": {"X-Auth-Token": "t0k3n"}, "method": "GET"},
            ),
        )
    ],
    rules=[
        rule(
            "down",
            webhook_url="https://hooks.example/T0/KEY",
            apprise_urls=["mailto://bot:PASSWORD@mail.example"],
        )
    ],
)


def test_what_is_exported_hides_secrets_and_changes_nothing_when_it_comes_back() -> None:
    exported = public(SECRETS)
    text = written(exported)
    for secret in ("u:pw", "abcdef", "t0k3n", "KEY", "PASSWORD"):
        assert secret not in text
    assert plan(SECRETS, exported, prune=True) == []


def test_a_change_beside_a_hidden_value_keeps_the_value() -> None:
    exported = public(SECRETS)
    shop = exported.agents[0].probes[0]
    slower = msgspec.structs.replace(
        shop, interval_sec=300, metadata={**shop.metadata, "method": "HEAD"}
    )
    wanted = msgspec.structs.replace(exported, agents=[agent("a", slower)])
    (step,) = plan(SECRETS, wanted, prune=True)
    assert step.fields == ("interval_sec", "metadata")
    assert isinstance(step.item, ProbeItem)
    assert step.item.metadata == {"headers": {"X-Auth-Token": "t0k3n"}, "method": "HEAD"}
    assert step.item.targets == ["https://u:pw@shop.example/?token=abcdef"]


def test_something_new_of_which_a_value_is_hidden_is_refused() -> None:
    with pytest.raises(Impossible, match=r"probe shop: .* is hidden in the document"):
        plan(document(), public(SECRETS), prune=False)
