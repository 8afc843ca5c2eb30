"""Templates of a running controller: previews, and what receivers get."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.controller.notify.test_channels import SLOW, Shop
from tests.controller.notify.test_deliveries import controller_in, line
from tests.names import name_of
from tests.receiver import Receiver
from tests.running import ControllerProcess, until


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControllerProcess]:
    process = controller_in(tmp_path_factory.mktemp("templates"), **SLOW)
    yield process.start()
    process.end()


@pytest.fixture
def shop(controller: ControllerProcess, request: pytest.FixtureRequest) -> Shop:
    return Shop(controller, name_of(request, 50))


def template(shop: Shop, status: int = 201, **fields: Any) -> Any:
    body = {"name": "short", **fields}
    return shop.person.call("POST", f"{shop.base}/templates", body, status=status)


def test_a_channel_tells_by_its_template(shop: Shop) -> None:
    made = template(
        shop, title="{{ severity }}: {{ rule }}", webhook_body='{"text": "{{ title }}"}'
    )
    with Receiver() as receiver:
        channel = shop.add(name='o"ps', url=receiver.url, template_id=made["id"])
        until(lambda: receiver.requests, 10)
        assert receiver.requests[0].json() == {"text": 'warning: the channel o"ps'}
        # One that fails when it is sent: what is told is told, and the log says so.
        path = f"{shop.base}/templates/{made['id']}"
        shop.person.call("PATCH", path, {"webhook_body": '{"value": {{ value }}}'})
        test = shop.person.call("POST", f"{shop.base}/channels/{channel['id']}/test", status=201)
        found = line(shop.person, shop.workspace, test["data"][0]["id"], "sent")
        assert "webhook_body: what comes of it is no JSON" in found["note"]
        assert receiver.requests[1].json()["event"] == "test"
    refused = shop.person.ask("DELETE", path)
    assert refused.status_code == 409
    assert "is that of 1 channels" in refused.json()["error"]
    shop.person.call("DELETE", path + "?force=true")
    assert shop.get(channel)["template_id"] is None


def test_a_preview_and_refusals(shop: Shop) -> None:
    def preview(status: int = 200, **fields: Any) -> Any:
        path = f"{shop.base}/templates/preview"
        return shop.person.call("POST", path, fields, status=status)

    made = preview(
        template={
            "title": "{{ severity }} {{ value }}",
            "text": "since {{ triggered_at }}",
            "webhook_body": '{"text": "{{ title }}", "n": {{ value_number }}}',
        },
        timezone="Asia/Kolkata",
    )
    assert made["title"] == "critical 12.5 %"
    assert made["text"].endswith("+05:30\n")
    assert "since" in made["html"]
    assert json.loads(made["body"]) == {"text": "critical 12.5 %", "n": 12.5}
    assert made["problem"] == ""
    made = preview(template={"webhook_body": "{{ message }}"})
    assert made["problem"].startswith("the usual words: template: webhook_body: what comes of it")
    assert preview(template={"webhook_body": "{{ message }}"}, content_type="text/plain")[
        "body"
    ].startswith("packet_loss 12.5")
    assert json.loads(preview()["body"])["metric"] == "packet_loss"
    assert preview(404, alert_id=10**6)["error"] == "alert not found"
    wrong = preview(400, template={"text": "a\n{{ mesage }}"})
    assert wrong["error"].startswith("text: line 2: there is no name 'mesage'")
    wrong = template(shop, 400, title="{% if %}")
    assert wrong["error"].startswith("title: line 1: ")
    refused = shop.person.ask(
        "POST",
        f"{shop.base}/channels?test=false",
        json={"name": "x", "kind": "webhook", "url": "https://198.18.0.9/", "template_id": 10**6},
    )
    assert refused.json()["error"] == "template_id: no template 1000000 in this workspace"


def test_a_preview_is_of_what_was_asked(shop: Shop) -> None:
    path = f"{shop.base}/templates"
    made = shop.person.call("POST", path, {"name": "mine", "text": "mine: {{ rule }}"}, status=201)
    preview = shop.person.call("POST", f"{path}/preview", {"template_id": made["id"]})
    assert preview["text"] == "mine: High packet loss\n"
    for body, named in (
        ({"template_id": 10**6}, "template not found"),
        ({"text": "a"}, "unknown field `text`"),
        ({"template": {"body": "a"}}, "template: object contains unknown field `body`"),
        ({"template": {"text": "a"}, "template_id": made["id"]}, "template: not with template_id"),
    ):
        answer = shop.person.ask("POST", f"{path}/preview", json=body)
        assert answer.status_code in (400, 404), body
        assert named in answer.json()["error"]


def test_a_viewer_reads_no_key_in_a_body(shop: Shop) -> None:
    path = f"{shop.base}/templates"
    body = '{"routing_key": "R0UT1NG", "message": "{{ message }}"}'
    one = shop.person.call(
        "POST", path, {"name": "pager", "title": "seen", "webhook_body": body}, status=201
    )
    assert one["webhook_body"] == body
    for role in ("VIEWER", "USER"):
        viewer = shop.person.controller.person(f"template-{role}@example.com", "a good password")
        shop.person.admit(viewer, shop.workspace, role)
        asked = {"template_id": one["id"]}
        for answer in (
            viewer.ask("GET", path),
            viewer.ask("GET", f"{path}/{one['id']}"),
            viewer.ask("POST", f"{path}/preview", json=asked),
        ):
            assert answer.status_code == 200
            assert "R0UT1NG" not in answer.text
            assert "***" in answer.text
            assert "seen" in answer.text
    assert (
        "R0UT1NG"
        in shop.person.ask("POST", f"{path}/preview", json={"template_id": one["id"]}).text
    )
