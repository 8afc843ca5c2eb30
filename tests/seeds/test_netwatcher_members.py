"""The document's bodies about invitations and ownership."""

from pathlib import Path

from tests.running import ControllerProcess


def test_accept_invite_and_transfer_ownership(tmp_path: Path) -> None:
    """The document accepts by the address alone: by one that counts."""
    controller = ControllerProcess(tmp_path / "controller")
    controller.env["FOREPOST_HTTP__TRUST_ADDRESSES"] = "true"
    controller.start()
    try:
        person = controller.person()
        workspace = person.workspace("Production")
        path = f"/workspaces/{workspace}"
        body = {"userId": 0, "email": "invited@example.com", "role": "USER", "meta": {}}
        person.call("POST", f"{path}/members", body, status=201)
        invited = controller.person("invited@example.com", "securepassword")
        invited.call("POST", f"{path}/accept-invite", {"email": "invited@example.com"})
        assert invited.call("GET", path)["my_role"] == "USER"
        person.call("POST", f"{path}/transfer-ownership", {"newOwnerUserId": invited.user_id})
        assert invited.call("GET", path)["my_role"] == "OWNER"
    finally:
        controller.end()
