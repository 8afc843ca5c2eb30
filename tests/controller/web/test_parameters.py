"""A query parameter that a route does not know is refused: nothing is left out in silence."""

import pytest

from tests.running import ControllerProcess, Person


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/workspaces?ofset=3", "ofset: did you mean offset?"),
        ("/alerts?from=2026-01-01T00:00:00Z", "from: is not a parameter of this"),
        (
            "/workspaces?limit=3&limit=4&" + "x" * 100 + "=1",
            "x" * 40 + ": is not a parameter of this",
        ),
        ("/auth/me?=1", ": is not a parameter of this"),
    ],
)
def test_it_is_refused_with_its_name(person: Person, path: str, error: str) -> None:
    answer = person.ask("GET", path)
    assert (answer.status_code, answer.json()) == (400, {"error": error})


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("incidents?open=maybe", "open"),
        ("deliveries?state=lost", "state"),
        ("deliveries?channelId=x", "channelId"),
        ("probe-data/find?type=PING&probeId=x", "probeId"),
        ("probe-data/by-target/data?target=x&latestOnly=7", "latestOnly"),
        ("changes?kind=weather", "kind"),
        ("sla?format=pdf", "format"),
    ],
)
def test_a_wrong_one_is_called_as_it_was_sent(person: Person, path: str, field: str) -> None:
    workspace = person.workspace("w")
    answer = person.ask("GET", f"/workspaces/{workspace}/{path}")
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(f"{field}: ")


def test_find_has_no_offset(person: Person) -> None:
    workspace = person.workspace("w")
    answer = person.ask("GET", f"/workspaces/{workspace}/probe-data/find?offset=1")
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("offset: ")


def test_what_is_known_is_taken_and_a_file_takes_any(
    controller: ControllerProcess, person: Person
) -> None:
    assert person.ask("GET", "/workspaces?limit=3&offset=0").status_code == 200
    assert person.ask("GET", "/index.html?v=7").status_code == 200
    assert person.ask("GET", "/metrics?x=1").status_code == 200
