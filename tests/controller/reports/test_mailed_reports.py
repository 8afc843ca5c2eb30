"""Reports as somebody has them: pages, PDF, and mails at their times."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.agent_socket import agent_socket
from tests.controller.topology.mtr_reports import ping
from tests.fakes.inbox import Inbox, inbox
from tests.running import ADMIN, ControllerProcess, Person, until

MEMBER = "guest@example.com"


@pytest.fixture(scope="module")
def mailing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ControllerProcess, Inbox]]:
    with inbox() as mails:
        process = ControllerProcess(tmp_path_factory.mktemp("mailing"))
        process.env |= mails.settings
        yield process.start(), mails
        process.end()


class Stage:
    """A workspace whose one site was up for one result, and down for the next."""

    def __init__(self, controller: ControllerProcess, name: str) -> None:
        self.person = controller.person()
        self.workspace = self.person.workspace(name)
        self.agent = self.person.agent(self.workspace, "north <b>")
        self.probe = self.person.probe(self.agent, type="PING", targets=["198.18.0.1"])
        with agent_socket(controller, self.agent) as line:
            for minutes, loss in ((3, 0.0), (2, 100.0)):
                at = datetime.now(UTC) - timedelta(minutes=minutes)
                line.post("PING", ping(9.0, loss), probe_id=self.probe, at=at, target="198.18.0.1")
        self.all = f"/workspaces/{self.workspace}/reports"

    def add(self, **fields: Any) -> Any:
        return self.person.call("POST", self.all, {"name": "weekly", **fields}, status=201)

    def page(self, path: str) -> httpx.Response:
        answer = self.person.ask("GET", path)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-disposition"].startswith("attachment; filename=")
        return answer


def due(controller: ControllerProcess, report: int, at: datetime) -> None:
    """Have a report of a controller that is off wait since some time."""
    with sqlite3.connect(controller.folder / "data/meta.sqlite") as db:
        text = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        assert db.execute("UPDATE reports SET due_at=? WHERE id=?", (text, report)).rowcount == 1


def pdf_of(mail: Message) -> bytes:
    (part,) = [one for one in mail.walk() if one.get_content_type() == "application/pdf"]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def test_a_page_says_what_was_up_and_what_was_not(
    mailing: tuple[ControllerProcess, Inbox],
) -> None:
    stage = Stage(mailing[0], "page <i>")
    made = stage.add()
    page = stage.page(f"{stage.all}/{made['id']}/download?format=html")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    text = page.text
    assert "north &lt;b&gt;" in text
    assert "page &lt;i&gt;" in text
    assert "<script" not in text
    assert "http" not in text.partition("</head>")[2]
    assert "198.18.0.1" in text
    assert 'class="n bad"' in text


def test_the_same_as_pdf_of_a_workspace_of_a_site_and_of_voice(
    mailing: tuple[ControllerProcess, Inbox],
) -> None:
    stage = Stage(mailing[0], "pdf #let x = [")
    made = stage.add(kind="voice")
    for path in (
        f"{stage.all}/{made['id']}/download",
        f"{stage.all}/preview?time_range_days=1",
        f"/workspaces/{stage.workspace}/agents/{stage.agent.id}/report?from=-1h",
    ):
        page = stage.page(path)
        assert page.headers["content-type"] == "application/pdf"
        assert page.content.startswith(b"%PDF-1.")


def test_a_report_of_one_site_says_nothing_of_others(
    mailing: tuple[ControllerProcess, Inbox],
) -> None:
    stage = Stage(mailing[0], "one of two")
    stage.person.agent(stage.workspace, "south")
    base = f"/workspaces/{stage.workspace}/agents"
    text = stage.page(f"{base}/{stage.agent.id}/report?format=html").text
    assert "north" in text
    assert "south" not in text
    missing = stage.person.call("GET", f"{base}/999999/report", status=404)
    assert missing == {"error": "agent not found"}


def test_who_asks_for_it_has_it_mailed_at_once(mailing: tuple[ControllerProcess, Inbox]) -> None:
    controller, mails = mailing
    stage = Stage(controller, "at once")
    made = stage.add(recipients=[ADMIN["email"].upper(), ADMIN["email"]])
    assert (made["recipients"], made["due_at"]) == ([ADMIN["email"]], None)
    before = len(mails.to(ADMIN["email"]))
    ran = stage.person.call("POST", f"{stage.all}/{made['id']}/run")
    assert (ran["last_error"], ran["last_run_at"] is not None) == ("", True)
    until(lambda: len(mails.to(ADMIN["email"])) > before, 8)
    mail = mails.to(ADMIN["email"])[-1]
    assert str(mail["Subject"]).startswith("weekly: at once")
    assert pdf_of(mail).startswith(b"%PDF-1.")
    log = stage.person.call("GET", f"/workspaces/{stage.workspace}/deliveries")["data"]
    assert [one["event"] for one in log] == ["report"]


def test_one_that_was_missed_while_the_controller_was_off_is_mailed_once(tmp_path: Path) -> None:
    with inbox() as mails:
        controller = ControllerProcess(tmp_path / "off")
        controller.env |= mails.settings
        controller.start()
        try:
            stage = Stage(controller, "off")
            hour = datetime.now(UTC).hour
            made = stage.add(repeats="daily", hour=hour, format="html", recipients=[ADMIN["email"]])
            one = f"{stage.all}/{made['id']}"
            controller.stop()
            due(controller, made["id"], datetime.now(UTC) - timedelta(days=4))
            controller.start()
            stage.person = controller.person()
            until(lambda: mails.to(ADMIN["email"]), 20)
            after = stage.person.call("GET", one)
            assert (after["due_at"], after["last_error"]) == (made["due_at"], "")
            controller.stop()
            controller.start()
            (mail,) = mails.to(ADMIN["email"])
            yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
            assert f"{yesterday} (UTC)" in str(mail["Subject"]).replace("\n", "")
            (page,) = [p for p in mail.walk() if p.get_content_type() == "text/html"]
            assert b"Worst targets" in (page.get_payload(decode=True) or b"")
        finally:
            controller.end()


def test_nobody_is_mailed_who_is_no_member(mailing: tuple[ControllerProcess, Inbox]) -> None:
    stage = Stage(mailing[0], "relay")
    for address in (MEMBER, "anybody@example.net"):
        body = {"name": "r", "recipients": [address]}
        said = stage.person.call("POST", stage.all, body, status=400)["error"]
        assert said == (
            f"recipients[0]: {address} is no member of the workspace who is USER or more"
        )
    said = stage.person.call("POST", stage.all, {"name": "r", "agent_ids": [999]}, status=400)
    assert said["error"] == "agent_ids[0]: there is no agent 999 here"


def test_who_is_no_member_any_more_is_mailed_no_more(
    mailing: tuple[ControllerProcess, Inbox],
) -> None:
    controller, mails = mailing
    stage = Stage(controller, "left")
    guest = controller.person(MEMBER, "a good password")
    invited = {"email": MEMBER, "role": "USER"}
    stage.person.call("POST", f"/workspaces/{stage.workspace}/members", invited, status=201)
    until(lambda: mails.to(MEMBER), 8)
    guest.call("POST", f"/invite/{mails.token(MEMBER, 'invite')}/accept")
    made = stage.add(recipients=[MEMBER])
    members = stage.person.call("GET", f"/workspaces/{stage.workspace}/members")["data"]
    (member,) = [one for one in members if one["user_id"] == guest.user_id]
    stage.person.call("DELETE", f"/workspaces/{stage.workspace}/members/{member['id']}")
    ran = stage.person.call("POST", f"{stage.all}/{made['id']}/run")
    assert ran["last_error"].startswith("nobody is mailed")
    assert len(mails.to(MEMBER)) == 1  # the invitation


def test_a_report_is_changed_and_deleted_and_is_of_its_workspace_alone(
    mailing: tuple[ControllerProcess, Inbox],
) -> None:
    stage = Stage(mailing[0], "kept")
    made = stage.add(recipients=[ADMIN["email"]], repeats="weekly", weekday="wed")
    one = f"{stage.all}/{made['id']}"
    assert datetime.fromisoformat(made["due_at"]).weekday() == 2
    changed = stage.person.call("PATCH", one, {"enabled": False})
    assert (changed["due_at"], changed["repeats"]) == (None, "weekly")
    wrong = stage.person.call("PATCH", one, {"timezone": "Mars"}, status=400)
    assert wrong["error"].startswith('timezone: no time zone is called "Mars"')
    assert [r["id"] for r in stage.person.call("GET", stage.all)["data"]] == [made["id"]]
    other = stage.person.workspace("other")
    elsewhere = f"/workspaces/{other}/reports/{made['id']}"
    for path in (elsewhere, f"{elsewhere}/download"):
        assert stage.person.call("GET", path, status=404) == {"error": "report not found"}
    stage.person.call("DELETE", one)
    assert stage.person.call("GET", one, status=404) == {"error": "report not found"}


def test_without_recipients_there_is_nobody_to_run_it_for(
    controller: ControllerProcess, person: Person
) -> None:
    workspace = person.workspace("w")
    all_of = f"/workspaces/{workspace}/reports"
    made = person.call("POST", all_of, {"name": "r"}, status=201)
    refused = person.call("POST", f"{all_of}/{made['id']}/run", status=409)
    assert refused == {"error": "recipients: there are none; download it instead"}


def test_a_controller_without_mail_says_so_in_the_report(
    controller: ControllerProcess, person: Person
) -> None:
    me = person.call("GET", "/auth/me")["email"]
    all_of = f"/workspaces/{person.workspace('w')}/reports"
    made = person.call("POST", all_of, {"name": "r", "recipients": [me]}, status=201)
    ran = person.call("POST", f"{all_of}/{made['id']}/run")
    assert ran["last_error"] == "no mail is set up ([mail] host)"
