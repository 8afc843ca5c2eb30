"""Named channels of a running controller: what their receivers get, and how they are shown."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.controller.notify.test_deliveries import check_signatures, controller_in, line, log
from tests.names import name_of
from tests.receiver import Receiver
from tests.running import ControllerProcess, Person, until

SLOW = {
    "FOREPOST_ALERTS__ALLOW_PRIVATE_TARGETS": "true",
    "FOREPOST_ALERTS__RETRY_PAUSES_SEC": "[0.3, 60]",
}
RULE: dict[str, Any] = {"name": "loss", "metric": "packet_loss", "operator": ">", "threshold": 1}


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControllerProcess]:
    process = controller_in(tmp_path_factory.mktemp("channels"), **SLOW)
    yield process.start()
    process.end()


class Shop:
    """A workspace of one admin."""

    def __init__(self, controller: ControllerProcess, name: str) -> None:
        self.person = controller.person(f"{name}@example.com", "a good password")
        self.workspace = self.person.workspace(name)
        self.base = f"/workspaces/{self.workspace}"

    def add(self, query: str = "", **fields: Any) -> Any:
        body = {"name": "ops", "kind": "webhook", **fields}
        return self.person.call("POST", f"{self.base}/channels{query}", body, status=201)

    def get(self, channel: Any, by: Person | None = None) -> Any:
        return (by or self.person).call("GET", f"{self.base}/channels/{channel['id']}")

    def patch(self, channel: Any, **fields: Any) -> Any:
        return self.person.call("PATCH", f"{self.base}/channels/{channel['id']}", fields)

    def rule(self, *channels: Any, **fields: Any) -> Any:
        body = {**RULE, "channel_ids": [one["id"] for one in channels], **fields}
        return self.person.call("POST", f"{self.base}/alert-rules", body, status=201)

    def test_rule(self, rule: Any) -> list[Any]:
        path = f"{self.base}/alert-rules/{rule['id']}/test"
        found: list[Any] = self.person.call("POST", path, status=201)["data"]
        return found

    def standing(self, channel: Any, wanted: str) -> Any:
        def found() -> Any:
            shown = self.get(channel)
            return shown if shown["standing"] == wanted else None

        return until(found, 12, lambda: f"{self.get(channel)}\n{log(self.person, self.workspace)}")


@pytest.fixture
def shop(controller: ControllerProcess, request: pytest.FixtureRequest) -> Shop:
    return Shop(controller, name_of(request, 50))


def test_a_channel_is_tried_when_it_is_made_and_shown_as_it_is(shop: Shop) -> None:
    with Receiver() as receiver:
        made = shop.add(url=receiver.url, secret="s3cret", headers={"X-Team": "night"})
        assert made["has_secret"]
        assert made["headers"] == {"X-Team": "***"}
        shown = shop.standing(made, "ok")
        (request,) = receiver.requests
        check_signatures(request)
        assert request.headers["x-team"] == "night"
        assert request.json()["event"] == "test"
        assert request.json()["message"] == "This is a test of the channel ops. Nothing is wrong."
    assert shown["last_test"]["state"] == "sent"
    assert shown["last_delivery"] is None
    again = shop.person.call("POST", f"{shop.base}/channels/{made['id']}/test", status=201)["data"]
    assert again[0]["channel_id"] == made["id"]
    shown = shop.standing(made, "failing")
    assert "refused" in shown["last_test"]["error"].lower()
    assert shop.patch(made, enabled=False)["standing"] == "disabled"
    untried = shop.add("?test=false", url=receiver.url)
    assert shop.get(untried)["last_test"] is None


def test_several_rules_share_one_and_a_new_url_reaches_what_waits(shop: Shop) -> None:
    with Receiver([500, 500]) as old, Receiver() as new:
        channel = shop.add("?test=false", url=old.url, secret="a", headers={"X-Key": "k"})
        rules = [shop.rule(channel, name=f"r{n}") for n in range(2)]
        numbers = [shop.test_rule(rule)[0]["id"] for rule in rules]
        until(lambda: len(old.requests) == 4, 10, lambda: log(shop.person, shop.workspace))
        for number in numbers:
            line(shop.person, shop.workspace, number, "sent")
        shop.person.call(
            "PATCH", f"{shop.base}/channels/{channel['id']}", {"url": new.url}, status=400
        )
        shop.patch(channel, url=new.url, secret="s3cret", headers={"X-Key": "k2"})
        shop.test_rule(rules[0])
        until(lambda: new.requests, 10)
        check_signatures(new.requests[0])
        assert new.requests[0].headers["x-key"] == "k2"


def test_what_waits_follows_its_channel(shop: Shop) -> None:
    with Receiver([500, 500]) as old, Receiver() as new:
        channel = shop.add("?test=false", url=old.url)
        (waiting,) = shop.test_rule(shop.rule(channel))
        until(lambda: len(old.requests) == 2, 10)
        line(shop.person, shop.workspace, waiting["id"], "pending")
        shop.patch(channel, url=new.url)
        assert line(shop.person, shop.workspace, waiting["id"], "sent")["destination"] == new.url
        assert len(new.requests) == 1


def test_one_that_is_used_is_not_deleted_unless_it_must(shop: Shop) -> None:
    with Receiver([500, 500]) as receiver:
        channel = shop.add("?test=false", url=receiver.url)
        rule = shop.rule(channel, name="loss")
        (waiting,) = shop.test_rule(rule)
        until(lambda: len(receiver.requests) == 2, 10)
        path = f"{shop.base}/channels/{channel['id']}"
        refused = shop.person.ask("DELETE", path)
        assert refused.status_code == 409
        assert "is used by rule 'loss': ?force=true" in refused.json()["error"]
        shop.person.call("DELETE", path + "?force=true")
        found = line(shop.person, shop.workspace, waiting["id"], "superseded")
        assert found["last_error"] == "the channel was deleted"
        assert shop.person.ask("GET", path).status_code == 404
        rule = shop.person.call("GET", f"{shop.base}/alert-rules/{rule['id']}")
        assert rule["channel_ids"] == []
        assert len(receiver.requests) == 2


def test_two_admins_who_change_one_channel_keep_both_changes(shop: Shop) -> None:
    channel = shop.add("?test=false", url="https://198.18.0.9/a")
    changes = [
        {"name": "n"},
        {"url": "https://198.18.0.9/b"},
        {"secret": "s"},
        {"timezone": "Europe/Berlin"},
        {"enabled": False},
    ]
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda fields: shop.patch(channel, **fields), changes))
    shown = shop.get(channel)
    assert shown["has_secret"]
    assert (shown["name"], shown["url"], shown["timezone"], shown["enabled"]) == (
        "n",
        "https://198.18.0.9/b",
        "Europe/Berlin",
        False,
    )


def test_rights_and_bounds(shop: Shop, controller: ControllerProcess) -> None:
    hidden: dict[str, Any] = {
        "url": "https://u:hidden@198.18.0.9/hidden?k=hidden",
        "secret": "hidden",
    }
    channel = shop.add("?test=false", headers={"X-Key": "hidden"}, **hidden)
    for role in ("VIEWER", "USER"):
        other = controller.person(f"{role}-of-channels@example.com", "a good password")
        shop.person.admit(other, shop.workspace, role)
        assert "hidden" not in str(shop.get(channel, other))
        assert "hidden" not in str(other.call("GET", f"{shop.base}/channels"))
        for method, path, body in (
            ("POST", "", {"name": "x", "kind": "webhook", "url": "https://198.18.0.9"}),
            ("PATCH", f"/{channel['id']}", {"url": "https://198.18.0.10/"}),
            ("DELETE", f"/{channel['id']}", None),
            ("POST", f"/{channel['id']}/test", None),
        ):
            other.call(method, f"{shop.base}/channels{path}", body, status=403)
    refused = shop.person.ask(
        "POST",
        f"{shop.base}/channels",
        json={"name": "x", "kind": "webhook", "url": "https://198.18.0.9/", "secret": "x" * 10**7},
    )
    assert refused.status_code in (400, 413)
    stranger = Shop(controller, "stranger-of-channels")
    theirs = f"{stranger.base}/channels/{channel['id']}"
    assert stranger.person.ask("GET", theirs).status_code == 404
    theirs_too = {**RULE, "channel_ids": [channel["id"]]}
    refused = stranger.person.ask("POST", f"{stranger.base}/alert-rules", json=theirs_too)
    assert refused.status_code == 400
    assert "channel_ids: no channel" in refused.json()["error"]
