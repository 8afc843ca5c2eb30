"""Mails of one incident are one thread, in a real mail server, over a restart."""

from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.controller.alerts.alert_stage import Hooks, Stage, quick_controller, speaking
from tests.controller.notify.test_mail import Inbox, server
from tests.running import until

LOST = {"packets_sent": 1, "packet_loss": 100}
WELL = {"packets_sent": 1, "packet_loss": 0}


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    found = Hooks()
    yield found
    found.close()


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_what_is_told_of_one_incident_is_one_thread(tmp_path: Path, hooks: Hooks) -> None:
    inbox = Inbox()
    with server(inbox) as port:
        controller = quick_controller(tmp_path)
        controller.env |= {
            "FOREPOST_MAIL__HOST": "127.0.0.1",
            "FOREPOST_MAIL__PORT": str(port),
            "FOREPOST_MAIL__TLS": "none",
            "FOREPOST_MAIL__FROM_ADDRESS": "forepost@example.com",
            "FOREPOST_HTTP__PUBLIC_URL": "https://panel.example.com",
        }
        controller.start()
        try:
            stage = Stage(controller.person(), hooks, "threads")
            base, call = stage.base, stage.person.call
            call("PATCH", base, {"settings": {"timezone": "Asia/Kolkata"}})
            body = {
                "name": "night\r\nBcc: evil@example.com",
                "kind": "email",
                "addresses": ["night@example.com"],
                "timezone": "America/Vancouver",
            }
            night = call("POST", f"{base}/channels?test=false", body, status=201)["id"]
            probe = stage.person.probe(
                stage.agent,
                type="PING",
                targets=["198.18.0.1"],
                labels={"name": "gate\r\nBcc: evil@example.com"},
            )
            for severity in ("warning", "critical"):
                stage.rule(
                    name=f"loss {severity}",
                    metric="packet_loss",
                    severity=severity,
                    notify_webhook=False,
                    notify_email=True,
                    channel_ids=[night],
                    tells="incidents",
                )
            with stage.speaking() as agent:
                agent.post("PING", LOST, probe=probe)
                # What is not noted as sent would be sent again, two minutes after the kill.
                until(
                    lambda: call("GET", f"{base}/deliveries?state=sent")["total"] >= 2,
                    15,
                    lambda: controller.output,
                )
            controller.kill()
            controller.start()
            with speaking(controller.person(), stage.agent) as agent:
                agent.post("PING", WELL, probe=probe)
                until(
                    lambda: sum("resolved" in m["Subject"] for m in inbox.messages) == 2,
                    15,
                    lambda: f"{[m['Subject'] for m in inbox.messages]}\n{controller.output}",
                )
        finally:
            controller.end()
    assert len({message["Message-ID"] for message in inbox.messages}) == len(inbox.messages)
    assert len({message["References"] for message in inbox.messages}) == 1
    for message in inbox.messages:
        assert message["In-Reply-To"] == message["References"]
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["List-Id"] == "Alerts <workspace-1.alerts.example.com>"
        assert message["Bcc"] is None
        text = text_of(message)
        assert "Value: 100 %\n" in text
        offsets = ("-07:00", "-08:00") if message["To"] == "night@example.com" else ("+05:30",)
        (triggered,) = (line for line in text.split("\n") if line.startswith("Triggered: "))
        assert triggered.endswith(offsets)
        assert "https://panel.example.com/w/1/sites/1/probes/1?from=" in text
    (over, _) = (m for m in inbox.messages if "resolved" in m["Subject"])
    assert "\nLasted: " in text_of(over)
