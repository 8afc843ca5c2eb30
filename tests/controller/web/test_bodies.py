"""Bodies of requests: bounded before they are read, and every name of them accounted for."""

import json
import time
from typing import Any

import httpx
import pytest

from forepost.controller.web.bodies import (
    BODY_BYTES,
    BYTES_A_VALUE,
    FREE_BYTES,
    STRANGERS_BODY_BYTES,
    has_nul,
)
from forepost.controller.web.field_names import MOST_FIELDS, respelled
from forepost.kit.errors import Invalid
from forepost.wire.jobs.agent_api import Tags
from forepost.wire.jobs.rest import AgentTag, NewJob
from forepost.wire.probes.probe import ProbePatch
from forepost.wire.rest.alerts import NewRule, RulePatch
from forepost.wire.rest.bodies import NewAgent
from forepost.wire.rest.templates import TemplateQuestion
from tests.running import ControllerProcess, Person


def test_fields_are_known_in_either_spelling() -> None:
    body = {"intervalSec": 5, "timeout_sec": 6, "replaceTargets": [], "labels": {"someKey": 1}}
    spelled = {
        "interval_sec": 5,
        "timeout_sec": 6,
        "replace_targets": [],
        "labels": {"someKey": 1},
    }
    assert respelled(body, ProbePatch) == (spelled, [])
    assert respelled({"pin_length": 7, "pinTtlSeconds": 8}, NewAgent) == (
        {"pinLength": 7, "pinTTLSeconds": 8},
        [],
    )
    assert respelled([1], ProbePatch) == ([1], [])
    with pytest.raises(Invalid, match="interval_sec: given twice"):
        respelled({"intervalSec": 5, "interval_sec": 5}, ProbePatch)


def test_nothing_for_what_is_optional_is_as_if_it_were_left_out() -> None:
    nothing = {"severity": None, "metric2": "", "threshold2": "", "webhook_url": None, "tells": ""}
    assert respelled({"name": "x", **nothing}, NewRule) == ({"name": "x"}, [])
    # Where null and "" are values, they are what is said: they take away.
    values = {"probe_id": None, "webhook_url": "", "description": ""}
    assert respelled(values, RulePatch) == (values, [])
    assert respelled({"probe_id": "", "enabled": None}, RulePatch) == ({}, [])
    # A name has to be one, in a change of it too.
    assert respelled({"name": ""}, RulePatch) == ({"name": ""}, [])
    assert respelled({"name": None}, NewRule) == ({"name": None}, [])


def test_a_slip_is_refused_and_a_foreign_word_is_named() -> None:
    with pytest.raises(Invalid, match=r"for_cout: did you mean for_count\?"):
        respelled({"for_cout": 3}, NewRule)
    # "target" is a field of others: who says it means something else than "targets".
    foreign = {"target": "x", "colour": "red"}
    assert respelled(foreign, ProbePatch) == (foreign, ["target", "colour"])


def test_what_is_nested_is_spelled_and_named_as_what_is_not() -> None:
    window = {"Timezone": "UTC", "from": "07:00", "to": "19:00"}
    assert respelled({"activeHours": [window]}, NewRule) == (
        {"active_hours": [{"timezone": "UTC", "from": "07:00", "to": "19:00"}]},
        [],
    )
    assert respelled({"Tags": [{"Name": "A", "colour": 1}]}, Tags) == (
        {"tags": [{"name": "A", "colour": 1}]},
        ["tags[0].colour"],
    )
    with pytest.raises(Invalid, match="template: object contains unknown field `colour`"):
        respelled({"template": {"Text": "a", "colour": 1}}, TemplateQuestion)
    with pytest.raises(Invalid, match=r"template\.titel: did you mean title\?"):
        respelled({"template": {"titel": "a"}}, TemplateQuestion)
    with pytest.raises(Invalid, match=r"agents\[1\]\.permision: did you mean permission\?"):
        respelled({"agents": [{"agent_id": 1}, {"permision": "ro"}]}, NewJob)
    # What belongs to a user is nobody's to spell.
    free = {"labels": {"forCount": {"Text": 1}}}
    assert respelled(free, NewRule) == (free, ["labels"])


def test_a_nul_is_found_wherever_it_is() -> None:
    with_nul: list[Any] = ["a\0", ["a", {"b": "\0"}], {"\0": 1}]
    without: list[Any] = ["", "\\u0000", ["a", 0, None], {"a": {"b": [1.5, True]}}]
    assert all(map(has_nul, with_nul))
    assert not any(map(has_nul, without))


def test_a_stranger_cannot_make_the_controller_work(controller: ControllerProcess) -> None:
    """Ten MiB of empty objects stopped the whole controller for 4.5 s."""
    flood = b"[" + b"{}," * (10 << 20 >> 2) + b"{}]"
    began = time.monotonic()
    for _ in range(5):
        try:
            answer = httpx.post(f"{controller.url}/auth/login", content=flood, verify=False)
        except httpx.TransportError:
            continue  # it hung up before it had read all
        assert answer.status_code == 413
    assert httpx.get(f"{controller.url}/healthz", verify=False).status_code == 200
    assert time.monotonic() - began < 10
    small = b"[" + b"{}," * (STRANGERS_BODY_BYTES // 3 - 2) + b"{}]"
    answer = httpx.post(f"{controller.url}/auth/login", content=small, verify=False)
    most = STRANGERS_BODY_BYTES // BYTES_A_VALUE
    assert (answer.status_code, answer.json()) == (400, {"error": f"body: more than {most} values"})


def test_a_body_of_too_many_values_is_refused(person: Person) -> None:
    many = json.dumps({"name": "w", "settings": {"a": [0] * (BODY_BYTES // BYTES_A_VALUE)}})
    answer = person.ask("POST", "/workspaces", content=many.encode())
    assert answer.status_code == 400
    assert answer.json() == {"error": f"body: more than {BODY_BYTES // BYTES_A_VALUE} values"}


def test_a_free_field_is_bounded(person: Person) -> None:
    large = {"name": "w", "settings": {"a": "x" * FREE_BYTES}}
    answer = person.ask("POST", "/workspaces", json=large)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("settings: ")
    fits = {"name": "w", "settings": {"a": "x" * (FREE_BYTES - 20)}}
    assert person.ask("POST", "/workspaces", json=fits).status_code == 201


def test_what_is_left_out_is_said(person: Person) -> None:
    answer = person.ask("POST", "/workspaces", json={"name": "w", "colour": 1, 'x"\n': 2})
    assert answer.status_code == 201
    assert answer.headers["Warning"] == '299 forepost "fields that are not known: colour, x??"'
    assert "Warning" not in person.ask("POST", "/workspaces", json={"name": "v"}).headers
    answer = person.ask("POST", "/workspaces", json={"name": "w", "setings": {}})
    assert answer.json() == {"error": "setings: did you mean settings?"}


def test_names_that_are_not_known_are_not_compared_without_end() -> None:
    """55,000 of them in 1 MiB cost half a second of the loop."""
    names = (f"recovery{number:06d}" for number in range(MOST_FIELDS + 1))
    with pytest.raises(Invalid, match=f"body: {MOST_FIELDS + 1} fields"):
        respelled(dict.fromkeys(names, 1), NewRule)
    many = [{f"permissi{number:06d}{k}": 1 for k in range(100)} for number in range(100)]
    with pytest.raises(Invalid, match=f"body: more than {MOST_FIELDS} fields"):
        respelled(many, list[AgentTag])
    with pytest.raises(Invalid, match=r"agents\[0\]: object contains unknown field `permissi0"):
        respelled({"agents": many}, NewJob)
