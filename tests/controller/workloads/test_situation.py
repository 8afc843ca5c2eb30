"""How microservices stand on the agents of a workspace, all together."""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.workloads.agent_state import AgentView
from forepost.controller.workloads.given_digests import KEPT, GivenDigests
from forepost.controller.workloads.parts import PART_BYTES, parts
from forepost.controller.workloads.placement import (
    ManifestHead,
    MicroserviceHead,
    PlacedHeads,
    RegistryHead,
    Released,
    revision_of,
)
from forepost.controller.workloads.situation import Trouble, WorkloadSituation
from forepost.wire.labels import Labels
from forepost.wire.workloads.delivery import (
    MOST_MICROSERVICES,
    EngineStatus,
    MicroservicesReport,
    MicroserviceStatus,
    Registry,
    WorkloadsPart,
    WorkloadState,
)

FLEET: Mapping[int, Labels] = {1: {"edge": True}, 2: {"edge": 1}, 3: {}}


def head(number: int, version: str = "1", **more: object) -> MicroserviceHead:
    manifest = ManifestHead(f"d{number}-{version}", f"f{number}-{version}", "")
    fields = {"agent_ids": frozenset({1}), **more}
    return MicroserviceHead(number, f"u{number}", f"m{number}", manifest, **fields)  # type: ignore[arg-type]


class Agents:
    """All are connected, and have the documents that they are said to have."""

    def __init__(self) -> None:
        self.has: dict[int, str] = {}
        self.runs: dict[str, str] = {}
        self.state: WorkloadState = "RUNNING"
        self.is_live = True
        self.given = GivenDigests()

    def look(self, agent_id: int, due: str) -> AgentView:
        has = self.has.get(agent_id, due)
        statuses = [
            MicroserviceStatus(uuid=uuid, state=self.state, wanted=one, running=one)
            for uuid, one in self.runs.items()
        ]
        return AgentView(
            was_here=True,
            takes=True,
            is_live=self.is_live,
            has_document=has == due,
            digests=self.given.of(has),
            report=MicroservicesReport(engine=EngineStatus(), microservices=statuses),
        )

    def situation(self, *heads: MicroserviceHead) -> WorkloadSituation:
        return WorkloadSituation(heads, {}, FLEET, self.look, self.given)


def test_one_that_did_not_change_stays_current_while_another_is_on_its_way() -> None:
    agents = Agents()
    agents.runs = {"u1": "f1-1", "u2": "f2-1"}
    before = agents.situation(head(1), head(2))
    agents.has[1] = before.revision(1)
    assert before.standing(head(2), 1).state == "current"
    after = agents.situation(head(1, "2"), head(2))
    assert after.revision(1) != before.revision(1)
    assert after.standing(head(1, "2"), 1).reason == "it is on its way to the agent"
    assert after.standing(head(2), 1).state == "current"
    agents.has[1] = "nobody knows"
    unknown = agents.situation(head(1, "2"), head(2))
    assert unknown.standing(head(2), 1).reason == "it is on its way to the agent"


def test_another_configuration_of_the_same_container_is_waited_for() -> None:
    """The fingerprint is the same: only the document says that it has come."""
    agents = Agents()
    agents.runs = {"u1": "f1-1"}
    agents.has[1] = agents.situation(head(1)).revision(1)
    other = ManifestHead("another config", "f1-1", "")
    changed = head(1)._replace(wanted=other)
    after = agents.situation(changed)
    assert after.standing(changed, 1).state == "waiting"
    agents.has[1] = after.revision(1)
    assert agents.situation(changed).standing(changed, 1).state == "current"


def test_trouble_is_counted_and_over_with_what_was_in_trouble() -> None:
    agents = Agents()
    agents.runs = {"u1": "f1-1"}
    assert agents.situation(head(1)).trouble(1) == Trouble(0, 0)
    agents.state = "STUCK_IN_RESTART"
    assert agents.situation(head(1), head(2)).trouble(1) == Trouble(1, 1)
    agents.state = "STOPPED"
    assert agents.situation(head(1)).trouble(1) == Trouble(1, 0)
    assert agents.situation().trouble(1) == Trouble(0, 0)
    agents.is_live = False
    assert agents.situation(head(1)).trouble(1) is None


def test_labels_are_compared_by_value_and_kind() -> None:
    situation = Agents().situation(head(1, labels={"edge": True}), head(2, labels={"edge": 1}))
    found = {one: [here.id for here in situation.on(one).given] for one in FLEET}
    assert found == {1: [1], 2: [2], 3: []}


def test_those_that_are_not_reached_have_the_former_manifest() -> None:
    former = ManifestHead("former", "f-former", "old")
    released = Released(former, frozenset({1}))
    rolled = head(1, agent_ids=frozenset({1, 2}), released=released)
    situation = Agents().situation(rolled)
    assert (rolled.on(1).digest, rolled.on(2).digest) == ("d1-1", "former")
    assert situation.revision(2) == revision_of([former], [])
    assert situation.revision(1) != situation.revision(2)


def test_what_is_too_much_is_the_newest_and_refused() -> None:
    heads = [head(n) for n in range(MOST_MICROSERVICES + 1)]
    situation = Agents().situation(*heads)
    assert len(situation.on(1).given) == MOST_MICROSERVICES
    assert situation.standing(heads[-1], 1).state == "refused"
    assert situation.standing(heads[0], 1).state == "waiting"


def test_a_revision_says_what_is_wanted_and_nothing_else() -> None:
    one, two = head(1).wanted, head(2).wanted
    at = datetime(2026, 1, 1, tzinfo=UTC)
    registry = RegistryHead(1, "r", 1, at)
    assert revision_of([one, two], [registry]) == revision_of([two, one], [registry])
    others = [
        revision_of([one], [registry]),
        revision_of([one, two], []),
        revision_of([one, two], [registry._replace(revision=2)]),
        revision_of([], []),
    ]
    assert len({*others, revision_of([one, two], [registry])}) == 5


@given(st.lists(st.integers(2, 2 * PART_BYTES), max_size=6), st.integers(0, 120))
def test_parts_are_put_together_as_they_were(sizes: list[int], registries: int) -> None:
    manifests = [f'"{"x" * (size - 2)}"' for size in sizes]
    named = [Registry(name=f"r{n}", url="hub.example") for n in range(registries)]
    read = [msgspec.json.decode(one, type=WorkloadsPart) for one in parts(manifests, named)]
    assert read
    assert [bytes(one).decode() for part in read for one in part.microservices] == manifests
    assert [one for part in read for one in part.registries] == named
    assert all(
        len(part.microservices) == 1 or sum(map(len, map(bytes, part.microservices))) <= PART_BYTES
        for part in read
        if part.microservices
    )


def test_only_so_many_documents_are_remembered() -> None:
    digests = GivenDigests()
    for n in range(KEPT + 5):
        digests.note(f"r{n}", [f"d{n}"])
    assert (digests.of("r0"), digests.of("r5")) == (frozenset(), frozenset({"d5"}))


def test_heads_of_nobody_are_on_nobody() -> None:
    placed = PlacedHeads([head(1, agent_ids=frozenset())])
    assert placed.on(1, {}).given == []
