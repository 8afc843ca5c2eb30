"""Deliveries of a running controller: what its receivers get, and what its log says."""

import hashlib
import hmac
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest

from forepost.controller.db.engine import Database
from forepost.controller.notify.outbox import Outbox
from forepost.kit.clock import SystemClock
from forepost.wire.rest.notify import Channel
from tests.controller.notify.notices import notice
from tests.receiver import Authority, Received, Receiver
from tests.running import ControllerProcess, Person, until

SECRET = "s3cret"
QUICK = {
    "FOREPOST_ALERTS__ALLOW_PRIVATE_TARGETS": "true",
    "FOREPOST_ALERTS__TIMEOUT_SEC": "1",
    "FOREPOST_ALERTS__RETRY_PAUSES_SEC": "[0.2, 0.2, 0.2]",
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def controller_in(folder: Path, **env: str) -> ControllerProcess:
    process = ControllerProcess(folder)
    process.env |= env
    return process


@pytest.fixture(scope="module")
def quick(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> Iterator[ControllerProcess]:
    """A controller that trusts the test's authority and has no patience."""
    folder = tmp_path_factory.mktemp("quick")
    process = controller_in(folder, **QUICK, FOREPOST_ALERTS__CA_FILE=str(authority.file))
    yield process.start()
    process.end()


def put(controller: ControllerProcess, workspace: int, *channels: Channel) -> list[int]:
    """What the alerts of that controller do: a notice and its cause in one transaction."""

    async def run() -> list[int]:
        db = Database.at(f"sqlite+aiosqlite:///{controller.folder / 'data/meta.sqlite'}")
        async with db.write() as connection:
            outbox = Outbox(SystemClock())
            made = await outbox.put(connection, notice(workspace_id=workspace), channels)
        await db.close()
        return made

    return anyio.run(run)


def hook(url: str, secret: str = "") -> Channel:
    return Channel(kind="webhook", url=url, secret=secret)


def log(person: Person, workspace: int, **query: Any) -> Any:
    answer = person.ask("GET", f"/workspaces/{workspace}/deliveries", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def rule(person: Person, workspace: int, **channels: Any) -> int:
    body = {"name": "loss", "metric": "packet_loss", "operator": "gt", "threshold": 1}
    made = person.call("POST", f"/workspaces/{workspace}/alert-rules", body | channels, status=201)
    return int(made["id"])


def tell(person: Person, workspace: int, *channels: Channel) -> list[int]:
    """Send test notices over channels, as an admin does: the ids of the deliveries."""
    made = []
    for channel in channels:
        bodies: dict[str, dict[str, Any]] = {
            "webhook": {
                "notify_webhook": True,
                "webhook_url": channel.url,
                "webhook_secret": channel.secret,
            },
            "apprise": {"apprise_urls": [channel.url]},
            "email": {"notify_email": True},
        }
        number = rule(person, workspace, **bodies[channel.kind])
        path = f"/workspaces/{workspace}/alert-rules/{number}/test"
        made += [x["id"] for x in person.call("POST", path, status=201)["data"]]
    return made


def line(person: Person, workspace: int, number: int, *states: str, sec: float = 12) -> Any:
    """The log's line of one delivery, as soon as it is in one of `states`."""

    def found() -> Any:
        lines = log(person, workspace)["data"]
        return next((x for x in lines if x["id"] == number and x["state"] in states), None)

    return until(found, sec, lambda: f"{log(person, workspace)}\n{person.controller.output}")


def check_signatures(request: Received) -> None:
    plain = hmac.new(SECRET.encode(), request.body, hashlib.sha256).hexdigest()
    assert request.headers["x-netwatcher-signature"] == f"sha256={plain}"
    at, _, given = request.headers["x-forepost-signature"].partition(",v1=")
    unix = at.removeprefix("t=")
    assert abs(time.time() - int(unix)) < 30
    timed = hmac.new(SECRET.encode(), f"{unix}.".encode() + request.body, hashlib.sha256)
    assert given == timed.hexdigest()


def test_a_receiver_that_was_not_well_gets_it_again(
    quick: ControllerProcess, authority: Authority
) -> None:
    person = quick.person("again@example.com", "a good password")
    workspace = person.workspace("again")
    with Receiver([503], tls=authority.server("localhost"), host="localhost") as receiver:
        (number,) = tell(person, workspace, hook(receiver.url + "?key=1", SECRET))
        found = line(person, workspace, number, "sent", "failed")
        first, second = receiver.requests
    assert (found["state"], found["attempts"], found["last_status"]) == ("sent", 2, 200)
    assert found["destination"] == f"https://localhost:{receiver.port}/hook?***"
    assert found["sent_at"] is not None
    assert SECRET not in str(log(person, workspace))
    for request in (first, second):
        assert request.headers["x-forepost-delivery"] == str(number)
        assert request.headers["content-type"] == "application/json"
        assert request.headers["user-agent"].startswith("NetWatcher-Alert/1.0")
        check_signatures(request)
        assert request.json()["event"] == "test"
    assert first.body == second.body


@pytest.mark.parametrize("wrong", ["expired", "for another name"])
def test_a_wrong_certificate_is_refused_and_in_the_log(
    quick: ControllerProcess, authority: Authority, wrong: str
) -> None:
    person = quick.person("certificates@example.com", "a good password")
    workspace = person.workspace(wrong)
    tls = (
        authority.server("localhost", not_after=datetime.now(UTC) - timedelta(days=1))
        if wrong == "expired"
        else authority.server("other.example")
    )
    with Receiver(tls=tls, host="localhost") as receiver:
        (number,) = tell(person, workspace, hook(receiver.url))
        found = line(person, workspace, number, "failed")
        assert receiver.requests == []
    assert found["attempts"] == 4
    said = "certificate has expired" if wrong == "expired" else "Hostname mismatch"
    assert found["last_error"].startswith(f"certificate: {said}")
    assert found["next_at"] is None


def test_a_receiver_that_never_answers_holds_up_nobody_else(quick: ControllerProcess) -> None:
    person = quick.person("silent@example.com", "a good password")
    workspace = person.workspace("silent")
    with Receiver(silent=True) as silent, Receiver(host="localhost") as other:
        tell(person, workspace, *[hook(silent.url)] * 12)
        tell(person, workspace, hook(other.url))
        until(lambda: other.requests, 10)
        given_up = log(person, workspace, state="failed")["total"]
        assert given_up < 12
        until(lambda: log(person, workspace, state="sent")["total"], 10)
        found = log(person, workspace, state="sent")
        assert [x["destination"] for x in found["data"]] == [other.url]


def test_what_is_given_up_can_be_tried_again_by_hand(quick: ControllerProcess) -> None:
    person = quick.person("by-hand@example.com", "a good password")
    workspace = person.workspace("by hand")
    with Receiver([410]) as receiver:
        (number,) = tell(person, workspace, hook(receiver.url))
        found = line(person, workspace, number, "failed")
        assert (found["attempts"], found["last_error"]) == (1, "HTTP 410")
        retry = f"/workspaces/{workspace}/deliveries/{number}/retry"
        assert person.call("POST", retry)["state"] == "pending"
        line(person, workspace, number, "sent", sec=3)
        assert "it was sent" in person.call("POST", retry, status=409)["error"]


def test_the_log_is_filtered_and_paged(quick: ControllerProcess) -> None:
    person = quick.person("paging@example.com", "a good password")
    workspace = person.workspace("paging")
    with Receiver([410, 410, 410]) as receiver:
        made = put(quick, workspace, *[hook(receiver.url)] * 3)
        until(lambda: log(person, workspace, state="failed")["total"] == 3, 10)
    page = log(person, workspace, limit=1, offset=1, alertId=123, ruleId=7)
    assert [x["id"] for x in page["data"]] == [made[1]]
    assert (page["total"], page["limit"], page["offset"]) == (3, 1, 1)
    assert log(person, workspace, alertId=1)["data"] == []
    assert log(person, workspace, ruleId=8)["data"] == []
    answer = person.ask("GET", f"/workspaces/{workspace}/deliveries?state=nonsense")
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("state: ")
    answer = person.ask("GET", f"/workspaces/{workspace}/deliveries?ruleId=0")
    assert answer.json()["error"].startswith("ruleId: ")


def test_apprise_and_mail_are_deliveries_too(quick: ControllerProcess) -> None:
    person = quick.person("kinds@example.com", "a good password")
    workspace = person.workspace("kinds")
    with Receiver() as receiver:
        json, mail = tell(
            person,
            workspace,
            Channel(kind="apprise", url=f"json://127.0.0.1:{receiver.port}/"),
            Channel(kind="email"),
        )
        assert line(person, workspace, json, "sent")["destination"] == "json://***"
        assert receiver.requests[0].json()["title"] == "[warning] test: loss"
    found = line(person, workspace, mail, "failed")
    assert found["last_error"] == "mail: not configured ([mail] host)"


def test_private_addresses_are_refused_unless_the_operator_allows_them(
    controller: ControllerProcess, person: Person
) -> None:
    workspace = person.workspace("private")
    with Receiver() as receiver, Receiver(host="localhost") as named:
        urls = [receiver.url, named.url]
        for number in put(controller, workspace, *map(hook, urls)):
            found = line(person, workspace, number, "failed")
            assert found["attempts"] == 1
            assert "is not allowed: loopback" in found["last_error"]
        assert receiver.requests == named.requests == []


def test_what_was_put_before_a_kill_is_sent_after_the_restart(tmp_path: Path) -> None:
    """kill -9 between the attempts: nothing is lost, and nothing is made up."""
    controller = controller_in(
        tmp_path, **QUICK | {"FOREPOST_ALERTS__RETRY_PAUSES_SEC": "[2, 2, 2]"}
    )
    try:
        person = controller.start().person()
        workspace = person.workspace("kill")
        with Receiver([503]) as receiver:
            (first,) = tell(person, workspace, hook(receiver.url))
            until(lambda: len(receiver.requests) == 1, 10)
            until(lambda: log(person, workspace)["data"][0]["last_status"] == 503, 5)
            controller.kill()
            (second,) = put(controller, workspace, hook(receiver.url))
            controller.start()
            person = controller.person()
            found = [line(person, workspace, n, "sent") for n in (first, second)]
            assert [x["attempts"] for x in found] == [2, 1]
            assert len(receiver.requests) == 3
    finally:
        controller.end()


def test_what_is_on_its_way_at_a_stop_is_sent_after_the_restart(tmp_path: Path) -> None:
    controller = controller_in(tmp_path, **QUICK | {"FOREPOST_ALERTS__TIMEOUT_SEC": "60"})
    try:
        person = controller.start().person()
        workspace = person.workspace("stop")
        with Receiver(silent=True) as receiver:
            (number,) = tell(person, workspace, hook(receiver.url))
            until(lambda: len(receiver.requests) == 1, 10)
            assert controller.stop() == 0
            controller.start()
            until(lambda: len(receiver.requests) == 2, 10)
            person = controller.person()
            assert line(person, workspace, number, "sending")["attempts"] == 2
    finally:
        controller.end()


def test_a_rule_can_be_tried(quick: ControllerProcess) -> None:
    person = quick.person("try@example.com", "a good password")
    workspace = person.workspace("try")
    with Receiver() as receiver:
        number = rule(
            person,
            workspace,
            notify_webhook=True,
            webhook_url=receiver.url,
            webhook_secret=SECRET,
            apprise_urls=[f"json://127.0.0.1:{receiver.port}/apprise"],
        )
        made = person.call(
            "POST", f"/workspaces/{workspace}/alert-rules/{number}/test", status=201
        )["data"]
        assert [x["kind"] for x in made] == ["webhook", "apprise"]
        for delivery in made:
            line(person, workspace, delivery["id"], "sent")
        (request,) = [r for r in receiver.requests if r.path == "/hook"]
    check_signatures(request)
    body = request.json()
    assert (body["event"], body["alert_id"], body["rule_id"]) == ("test", 0, number)
    assert log(person, workspace, ruleId=number)["total"] == 2
    stranger = quick.person("try-stranger@example.com", "a good password")
    own = stranger.workspace("own")
    stranger.call("POST", f"/workspaces/{own}/alert-rules/{number}/test", status=404)
    stranger.call("POST", f"/workspaces/{own}/deliveries/{made[0]['id']}/retry", status=404)


def test_a_rule_without_channels_has_nothing_to_try(quick: ControllerProcess) -> None:
    person = quick.person("mute@example.com", "a good password")
    workspace = person.workspace("mute")
    path = f"/workspaces/{workspace}/alert-rules/{rule(person, workspace)}/test"
    assert "no channels" in person.call("POST", path, status=409)["error"]


def test_tests_are_no_way_to_flood_somebody(quick: ControllerProcess) -> None:
    person = quick.person("flood@example.com", "a good password")
    workspace = person.workspace("flood")
    with Receiver(silent=True) as receiver:
        number = rule(person, workspace, notify_webhook=True, webhook_url=receiver.url)
        path = f"/workspaces/{workspace}/alert-rules/{number}/test"
        answers = [person.ask("POST", path).status_code for _ in range(25)]
    assert answers[0] == 201
    assert answers[-1] == 409


def test_counters(quick: ControllerProcess) -> None:
    import httpx

    text = httpx.get(f"{quick.url}/metrics", verify=False).text
    values = dict(x.split(" ") for x in text.splitlines() if x.startswith("forepost_deliveries"))
    assert float(values["forepost_deliveries_sent_total"]) >= 2
    assert float(values["forepost_deliveries_retried_total"]) >= 1
    assert float(values["forepost_deliveries_failed_total"]) >= 2
    assert "forepost_deliveries_waiting" in values
