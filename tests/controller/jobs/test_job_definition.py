"""Jobs that cannot be, and what is shown of those that are."""

from typing import Any

import msgspec
import pytest

from forepost.controller.jobs.definition import (
    check_members,
    path_for,
    public_spec,
    same_paths,
    spec_of,
)
from forepost.controller.jobs.members import FleetAgent, members_of
from forepost.kit.errors import Invalid
from forepost.wire.jobs.rest import JobAgent, JobGroup, NewJob


def new(**body: Any) -> NewJob:
    made = {"name": "j", "type": "distribution", **body}
    return msgspec.convert(made, NewJob)


def refusal(**body: Any) -> str:
    made = new(**body)
    with pytest.raises(Invalid) as refused:
        check_members(spec_of(made).base, made.agents, made.groups, made.when_offline)
    return str(refused.value)


def one(agent_id: int, permission: str = "rw", path: str = "/a") -> dict[str, Any]:
    return {"agent_id": agent_id, "permission": permission, "path": path}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"agents": [one(1), one(1, "ro")]}, "agents[1].agent_id: agent 1 is named twice"),
        ({"agents": [one(1), one(2, path="")]}, "agents[1].path: needed for everything but"),
        ({"agents": [one(1, path="srv")]}, "agents[0].path: srv is not absolute"),
        ({"agents": [one(1, path="/a/../b")]}, "agents[0].path: /a/../b leads elsewhere"),
        ({"agents": [one(1, "ro")]}, "agents: one at least has to be a source"),
        (
            {"type": "consolidation", "agents": [one(1), one(2), one(3, "ro", "/all")]},
            "agents[2].path: 10004 SE_JOB_SAME_DESTINATION_PATH",
        ),
        (
            {
                "type": "consolidation",
                "agents": [one(3, "ro", "/all")],
                "groups": [{"labels": {"edge": True}, "path": "/log"}],
            },
            "agents[0].path: 10004",
        ),
        ({"type": "folder", "when_offline": "skip"}, "when_offline: a folder waits"),
    ],
)
def test_what_cannot_be_is_refused_by_field(body: dict[str, Any], reason: str) -> None:
    assert reason in refusal(**body)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ({"type": "script"}, "script: a job of the type script needs one"),
        ({"script": {"command": "x"}}, "script: only jobs of the type script"),
        ({"groups": [{"path": "/a"}]}, "labels: a group has labels or tags"),
        ({"wormhole": 1}, "wormhole"),
        ({"type": "folder", "schedule": {"type": "daily"}}, "schedule: a folder"),
    ],
)
def test_what_has_not_the_form_is_refused_before(body: dict[str, Any], reason: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=reason):
        new(**body)


def test_a_consolidation_has_a_place_for_each_source() -> None:
    made = new(
        type="consolidation",
        agents=[one(1), one(2), one(3, "ro", "/all/%SRC:AGENT_NAME%")],
    )
    check_members(spec_of(made).base, made.agents, made.groups, made.when_offline)
    path = "/all/%SRC:AGENT_NAME%/%SRC:SITE%"
    assert path_for(path, 7, "a", {"SITE": "b"}) == "/all/a/b"
    assert path_for(path, 7, "../x", {}) == path, "no tag leads out"
    assert same_paths("/all/%SRC:T%", [(1, "a", {"T": "x"}), (2, "b", {"T": "x"})]) == [1, 2]
    assert same_paths("/all/%SRC:T%", [(1, "a", {"T": "x"}), (2, "b", {"T": "y"})]) == []


def test_who_is_no_admin_is_shown_no_script() -> None:
    spec = spec_of(
        new(
            triggers={
                "complete": {"command": "rm secret-1", "env": {"A": "secret-2"}},
            }
        )
    )
    text = msgspec.json.encode(public_spec(spec.base)).decode()
    assert "secret" not in text
    assert "***" in text


def test_groups_are_found_by_labels_and_tags() -> None:
    fleet = {
        1: FleetAgent("a", {"edge": True}, {"OS": "linux"}),
        2: FleetAgent("b", {"edge": 1}, {"OS": ""}),
        3: FleetAgent("c", {}, {}),
    }

    def found(*groups: dict[str, Any], agents: Any = ()) -> dict[int, str]:
        rules = msgspec.convert(list(groups), list[JobGroup])
        return {one: of.permission for one, of in members_of(agents, rules, fleet).items()}

    assert found({"labels": {"edge": True}}) == {1: "rw"}
    assert found({"tags": {"OS": ""}}) == {2: "rw"}
    assert found({"labels": {"edge": True}, "tags": {"OS": "linux"}}) == {1: "rw"}
    assert found({"labels": {"edge": True}, "tags": {"OS": "x"}}) == {}
    named = [JobAgent(agent_id=1, permission="ro"), JobAgent(agent_id=9)]
    assert found({"labels": {"edge": True}}, agents=named) == {1: "ro"}
    first = {"tags": {"OS": "linux"}, "permission": "ro"}
    assert found(first, {"labels": {"edge": True}}) == {1: "ro"}
