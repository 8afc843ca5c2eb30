"""Workspaces of a running controller: what their settings may say."""

import pytest

from tests.running import Person


@pytest.mark.parametrize(
    ("zone", "why"),
    [
        ("Mars/Olympus", 'settings.timezone: no time zone is called "Mars/Olympus"'),
        ("europe/berlin", "did you mean Europe/Berlin?"),
        ("localtime", "settings.timezone: no time zone"),
        ("../etc/passwd", "settings.timezone: no time zone"),
        (3, "settings.timezone: expected the name of a time zone"),
    ],
)
def test_a_zone_that_is_none_is_refused(person: Person, zone: object, why: str) -> None:
    workspace = person.workspace("zoned")
    for method, path in (("POST", "/workspaces"), ("PATCH", f"/workspaces/{workspace}")):
        body = {"name": f"at {zone}", "settings": {"timezone": zone}}
        answer = person.ask(method, path, json=body)
        assert answer.status_code == 400, answer.text
        assert why in answer.json()["error"]


def test_a_zone_that_is_one_is_kept_and_all_else_is_free(person: Person) -> None:
    workspace = person.workspace("zoned")
    settings = {"timezone": "Europe/Berlin", "theme": {"timezone": 3}}
    made = person.call("PATCH", f"/workspaces/{workspace}", {"settings": settings})
    assert made["settings"] == settings
    for empty in ({"timezone": ""}, {"timezone": None}, {}):
        person.call("PATCH", f"/workspaces/{workspace}", {"settings": empty})
