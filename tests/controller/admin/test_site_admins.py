"""What the admins of a site may do, and nobody else."""

import pytest

from tests.controller.test_rights import TABLE
from tests.running import ControllerProcess, Person

ROUTES = [
    line.split()[:2] for line in TABLE.read_text().splitlines() if line.endswith(" site-admin")
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_no_route_of_them_is_anybody_elses(person: Person, method: str, path: str) -> None:
    for name in ("user_id", "workspace_id", "member_id", "agent_id"):
        path = path.replace(f"{{{name}:int}}", "1")
    body: dict[str, str] | None = {} if method in ("POST", "PUT", "PATCH") else None
    refused = person.ask(method, path, json=body)
    said = {"error": "SITE_ADMIN is needed", "required_role": "SITE_ADMIN"}
    assert (refused.status_code, refused.json()) == (403, said)
    made = person.call(
        "POST", f"/workspaces/{person.workspace('w')}/api-keys", {"name": "k"}, status=201
    )
    by_key = {"X-API-Key": made["secret"]}
    answer = Person.ask(_Keyed(person, by_key), method, path, json=body)
    assert answer.status_code in (401, 403)


class _Keyed(Person):
    """The same person, by a key."""

    def __init__(self, person: Person, headers: dict[str, str]) -> None:
        super().__init__(person.controller, headers["X-API-Key"], person.user_id)


def test_an_account_is_changed_locked_out_and_deleted(
    controller: ControllerProcess, person: Person
) -> None:
    admin = controller.person()
    one = f"/admin/users/{person.user_id}"
    email = person.call("GET", "/auth/me")["email"]
    assert admin.call("GET", f"/admin/users?q={email}")["total"] == 1
    changed = admin.call("PATCH", one, {"name": "New", "verified": True})
    assert (changed["name"], changed["verified"]) == ("New", True)
    moved = admin.call("PUT", one, {"email": f"moved-{email}"})
    assert (moved["email"], moved["verified"]) == (f"moved-{email}", False)
    assert admin.call("PATCH", one + "/role", {"role": "SITE_ADMIN"})["role"] == "SITE_ADMIN"
    assert person.call("GET", "/admin/stats")["total_users"] >= 2
    assert admin.call("PUT", one + "/role", {"role": "USER"})["role"] == "USER"
    own = f"/admin/users/{admin.user_id}"
    assert admin.call("DELETE", own, status=400) == {"error": "user: cannot delete yourself"}
    assert admin.call("PUT", own + "/role", {"role": "USER"}, status=400) == {
        "error": "role: cannot demote yourself"
    }
    workspace = person.workspace("theirs")
    refused = admin.call("DELETE", one, status=409)
    assert refused["error"].startswith("user: owns 1 workspaces")
    admin.call("DELETE", f"/admin/workspaces/{workspace}")
    admin.call("DELETE", one)
    assert person.ask("GET", "/auth/me").status_code == 401
    assert admin.call("GET", one, status=404) == {"error": "user not found"}
    assert admin.call("GET", f"/admin/users?q={email}")["total"] == 0


def test_members_of_any_workspace(controller: ControllerProcess, person: Person) -> None:
    admin = controller.person()
    guest = controller.person(f"site-guest-{person.user_id}@example.com", "a good password")
    workspace = person.workspace("w")
    members = f"/admin/workspaces/{workspace}/members"
    made = admin.call("POST", members, {"user_id": guest.user_id, "role": "VIEWER"}, status=201)
    assert guest.call("GET", f"/workspaces/{workspace}")["my_role"] == "VIEWER"
    again = admin.call("POST", members, {"user_id": guest.user_id}, status=409)
    assert again == {"error": "user_id: is a member of this workspace already"}
    admin.call("PUT", f"{members}/{made['id']}", {"role": "USER"})
    assert guest.call("GET", f"/workspaces/{workspace}")["my_role"] == "USER"
    admin.call("DELETE", f"{members}/{made['id']}")
    guest.call("GET", f"/workspaces/{workspace}", status=404)
    guest = controller.person(f"site-{person.user_id}@bücher.example", "a good password")
    for form in ("xn--bcher-kva.example", "Bücher.example"):
        made = admin.call("POST", members, {"email": f"Site-{person.user_id}@{form}"}, status=201)
        assert guest.call("GET", f"/workspaces/{workspace}")["my_role"] == "USER"
        admin.call("DELETE", f"{members}/{made['id']}")
    nobody = admin.call("POST", members, {"email": "nobody@example.com"}, status=404)
    assert nobody == {"error": "user not found"}


def test_thresholds_lie_over_each_other(controller: ControllerProcess, person: Person) -> None:
    admin = controller.person()
    site, own = "/admin/voice-thresholds", f"/workspaces/{person.workspace('w')}/voice-thresholds"
    try:
        admin.call("PUT", site, {"warning_jitter_ms": 18, "codec": "Opus"})
        found = person.call("GET", own)
        assert (found["source"], found["effective"]["codec"]) == ("admin", "Opus")
        person.call("PUT", own, {"warning_jitter_ms": 22})
        found = person.call("GET", own)
        assert (found["source"], found["override"]) == ("workspace", {"warning_jitter_ms": 22})
        assert found["effective"]["warning_jitter_ms"] == 22
        assert found["effective"]["codec"] == "Opus"
        wrong = person.call("PUT", own, {"warning_jitter_ms": 99}, status=400)
        assert wrong["error"] == "warning_jitter_ms: cannot be above critical_jitter_ms (25)"
        assert person.call("DELETE", own)["effective"]["warning_jitter_ms"] == 18
    finally:
        admin.call("DELETE", site)
    assert person.call("GET", own)["source"] == "defaults"
