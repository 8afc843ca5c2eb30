"""`forepost apply` and `forepost export` against a running controller, as somebody types them."""

import json
import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.controller.conftest import controller, person
from tests.running import ControllerProcess, Person, forepost

__all__ = ["controller", "person"]

SITE = """\
forepost: 1
workspace: {timezone: Europe/Berlin}
agents:
  - id: office
    name: Office
    location: Vancouver, BC
    labels: {env: production}
    trafficsim_enabled: true
    probes:
      - {id: office-gw, type: PING, targets: [198.18.0.1], interval_sec: 30}
      - {id: office-lab, type: AGENT, agent_targets: [lab], bidirectional: true}
  - id: lab
    name: Lab
groups:
  - {id: guests, name: guests, addresses: [192.0.2.0/24, 00-1C-42-AB-CD-EF], agents: [office]}
templates:
  - {id: short, name: Short, text: "{{ message }}", webhook_body: '{"key": "quiet"}'}
channels:
  - id: night
    name: Night
    template: short
    kind: webhook
    url: https://hooks.example.com/night
    secret: quiet
    headers: {X-Key: quiet}
  - {id: people, name: People, kind: email, addresses: [ops@example.com], timezone: Europe/Berlin}
windows:
  - id: patches
    name: Patches
    starts_at: 2026-01-01T22:00:00+01:00
    ends_at: 2026-01-02T02:00:00+01:00
    recurrence: monthly
    timezone: Europe/Berlin
    weekdays: [tue]
    week_of_month: 2
    reason: CHG-1034
    agents: [office]
    probes: [office-gw]
rules:
  - id: loss
    name: High Packet Loss
    channels: [night, people]
    window: patches
    active_hours: [{timezone: Europe/Berlin, weekdays: [mon, fri], from: "07:00", to: "19:00"}]
    quiet_hours: [{from: "22:00", to: "06:00"}]
    remind_minutes: 30
    escalate_after_minutes: 60
    escalate_channels: [people]
    probe: office-gw
    metric: packet_loss
    operator: ">"
    threshold: 5
    severity: critical
    notify_webhook: true
    webhook_url: https://hooks.example.com/alert
    webhook_secret: quiet
routes:
  - id: night
    name: At night
    match: {labels: {env: production}, rules: [loss], agents: [office], severities: [critical]}
    hours: {timezone: Europe/Berlin, from: "22:00", to: "06:00"}
    channels: [night]
    also: true
  - {id: rest, name: All else, channels: [people]}
parents:
  - {probe: office-lab, parent_probe: office-gw}
  - {agent: lab, parent_agent: office}
"""


class Shell:
    def __init__(self, folder: Path, person: Person) -> None:
        self._person, self.site = person, folder / "site.yaml"
        self.workspace = person.workspace("w")
        self.site.write_text(SITE)

    def __call__(self, *arguments: str, token: str | None = None, typed: str | None = None) -> Any:
        given = {"FOREPOST_TOKEN": self._person.token if token is None else token}
        where = ("--workspace", str(self.workspace), "--url", self._person.controller.url)
        return forepost(*arguments, *where, env={**os.environ, **given}, typed=typed or "")

    def apply(self, *more: str) -> Any:
        done = self("apply", "-f", str(self.site), "--json", *more)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def shell(tmp_path: Path, person: Person) -> Shell:
    return Shell(tmp_path, person)


def test_a_document_comes_through_a_pipe(shell: Shell, person: Person) -> None:
    for words in (("-f", "-"), ("--file", "-"), ("--file=-",)):
        done = shell("apply", *words, "--dry-run", typed=SITE)
        assert (done.returncode, done.stderr) == (0, "")
        assert "office" in done.stdout


def test_a_workspace_becomes_what_the_document_says(shell: Shell, person: Person) -> None:
    planned = shell.apply("--dry-run")
    assert [(s["verb"], s["id"]) for s in planned["steps"]][:2] == [
        ("create", "office"),
        ("create", "lab"),
    ]
    assert person.call("GET", f"/workspaces/{shell.workspace}/agents")["total"] == 0
    first = shell("apply", "-f", str(shell.site))
    assert first.returncode == 0, first.stderr
    assert "+ probe office-gw\n" in first.stdout
    assert "15 steps, 0 objects as they should be\n" in first.stdout
    assert "its PIN, shown this once: " in first.stdout
    again = shell.apply()
    assert (again["steps"], again["unchanged"], again["pins"]) == ([], 15, {})

    shell.site.write_text(
        SITE.replace("198.18.0.1", "198.18.0.2").replace("threshold: 5", "threshold: 7")
    )
    changed = shell.apply()
    assert [(s["verb"], s["id"], s["fields"]) for s in changed["steps"]] == [
        ("change", "office-gw", ["targets"]),
        ("change", "loss", ["threshold"]),
    ]
    here = f"/workspaces/{shell.workspace}"
    settings = person.call("GET", here)["settings"]
    assert settings == {"timezone": "Europe/Berlin"}
    person.call("PATCH", here, {"settings": {**settings, "theme": "dark"}})
    parents = person.call("GET", f"{here}/alert-parents")["data"]
    assert [(one["probe_id"] is None, one["agent_id"] is None) for one in parents] == [
        (False, True),
        (True, False),
    ]
    shell.site.write_text(
        shell.site.read_text()
        .replace("{timezone: Europe/Berlin}", "{timezone: Asia/Tokyo}", 1)
        .replace("  - {agent: lab, parent_agent: office}\n", "")
    )
    pruned = shell.apply("--prune")
    assert [(s["verb"], s["kind"], s["id"]) for s in pruned["steps"]] == [
        ("change", "workspace", "settings"),
        ("delete", "parent", "agent lab on agent office"),
    ]
    settings = person.call("GET", here)["settings"]
    assert settings == {"timezone": "Asia/Tokyo", "theme": "dark"}
    rest = "  - {id: rest, name: All else, channels: [people]}\n"
    text = shell.site.read_text().replace(rest, "")
    shell.site.write_text(text.replace("routes:\n", f"routes:\n{rest}"))
    moved = shell.apply()
    assert [(s["id"], s["fields"]) for s in moved["steps"]] == [
        ("rest", ["position"]),
        ("night", ["position"]),
    ]
    assert shell.apply()["steps"] == []
    secret = shell.apply("--secrets")
    assert [(s["id"], s["fields"]) for s in secret["steps"]] == [
        ("night", ["secret", "headers"]),
        ("loss", ["webhook_secret"]),
    ]


def test_what_is_exported_can_be_applied(shell: Shell, person: Person) -> None:
    shell.apply()
    path = f"/workspaces/{shell.workspace}"
    person.call("POST", f"{path}/agents", {"name": "By hand"}, status=201)
    exported = shell("export")
    assert exported.returncode == 0, exported.stderr
    assert "1 objects have no external id yet (--adopt gives them one)" in exported.stderr
    site = msgspec.yaml.decode(exported.stdout)
    assert [one["id"] for one in site["agents"]][:2] == ["office", "lab"]
    assert "webhook_secret" not in site["rules"][0]
    assert site["templates"][0]["webhook_body"] == "***"
    assert site["workspace"] == {"timezone": "Europe/Berlin"}
    assert site["parents"] == [
        {"probe": "office-lab", "parent_probe": "office-gw"},
        {"agent": "lab", "parent_agent": "office"},
    ]
    assert site["rules"][0]["channels"] == ["night", "people"]
    night = site["channels"][0]
    assert "secret" not in night
    assert (night["url"], night["headers"]) == ("https://hooks.example.com/***", {"X-Key": "***"})
    out = shell.site.with_name("out.yaml")
    assert shell("export", "--adopt", "-f", str(out)).returncode == 0
    assert out.read_text() == exported.stdout
    shell.site = out
    assert shell.apply("--prune")["steps"] == []

    shell.site.write_text("forepost: 1\nagents: [{id: lab, name: Lab}]\n")
    pruned = shell.apply("--prune")
    assert {(s["verb"], s["id"]) for s in pruned["steps"]} >= {
        ("delete", "loss"),
        ("delete", "guests"),
        ("delete", "office"),
    }
    assert [a["name"] for a in person.call("GET", f"{path}/agents")["data"]] == ["Lab"]
    assert shell.apply("--prune")["steps"] == []


def test_refusals_and_wrong_use(shell: Shell, controller: ControllerProcess) -> None:
    nothing = shell("apply", "-f", str(shell.site), token="")
    assert nothing.returncode == 2
    assert nothing.stderr.startswith("forepost apply: FOREPOST_TOKEN is not set")
    wrong = shell("export", token="nonsense")
    assert wrong.returncode == 1
    assert "HTTP 401" in wrong.stderr
    missing = shell("apply", "-f", "/nonexistent.yaml")
    assert missing.returncode == 2
    shell.site.write_text(SITE.replace("https://hooks.example.com/a", "ftp://hooks.example.com/a"))
    refused = shell("apply", "-f", str(shell.site))
    assert refused.returncode == 1
    assert "webhook_url" in refused.stderr
    assert "+ probe office-gw\n" in refused.stdout
