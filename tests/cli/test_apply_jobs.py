"""Jobs in the document of `forepost apply` and `forepost export`."""

from pathlib import Path

import pytest

from tests.cli.test_apply import Shell
from tests.cli.test_apply_workloads import steps
from tests.controller.conftest import controller, person
from tests.running import Person

__all__ = ["controller", "person"]

SITE = """\
forepost: 1
agents:
  - {id: office, name: Office}
  - {id: plant, name: Plant}
channels:
  - {id: night, name: Night, kind: email, addresses: [night@example.com]}
jobs:
  - id: nightly
    name: nightly
    type: script
    script: {command: "login s3cret-1", timeout_sec: 60, env: {TOKEN: s3cret-2}}
    schedule: {type: daily, at: [3600]}
    agents: [{agent: office}]
    notices:
      webhook_url: https://hooks.example/s3cret-3
      webhook_secret: s3cret-4
      channels: [night]
  - id: docs
    name: docs
    type: folder
    agents: [{agent: office, path: /srv/docs}, {agent: plant, path: /srv/docs, permission: ro}]
    groups: [{labels: {edge: true}, path: /srv/docs, permission: ro}]
    transfer: {ignore: ["*.tmp"]}
"""


@pytest.fixture
def shell(tmp_path: Path, person: Person) -> Shell:
    made = Shell(tmp_path, person)
    made.site.write_text(SITE)
    return made


def test_what_is_applied_is_there_and_a_second_time_nothing_is_done(
    shell: Shell, person: Person
) -> None:
    made = [one for _, one, _ in steps(shell)]
    assert made == ["agent office", "agent plant", "channel night", "job nightly", "job docs"]
    assert steps(shell) == []
    path = f"/workspaces/{shell.workspace}/jobs"
    docs, nightly = person.call("GET", path)["data"]
    assert (docs["members_count"], nightly["schedule"]["at"]) == (2, [3_600])
    exported = shell("export")
    assert exported.returncode == 0, exported.stderr
    assert "s3cret" not in exported.stdout
    shell.site.write_text(exported.stdout)
    assert steps(shell) == []
    changed = exported.stdout.replace("timeout_sec: 60", "timeout_sec: 61")
    shell.site.write_text(changed.replace("*.tmp", "*.bak"))
    assert steps(shell) == [
        ("change", "job docs", ["transfer"]),
        ("change", "job nightly", ["script"]),
    ]
    [night] = person.call("GET", f"/workspaces/{shell.workspace}/channels")["data"]
    assert nightly["notices"]["channel_ids"] == [night["id"]]
    found = person.call("GET", f"{path}/{nightly['id']}")
    assert found["script"]["command"] == "login s3cret-1"
    assert found["script"]["env"] == {"TOKEN": "s3cret-2"}
    shell.site.write_text("forepost: 1\nagents: [{id: office, name: Office}]\n")
    assert [one for _, one, _ in steps(shell, "--prune")] == [
        "job docs",
        "job nightly",
        "channel night",
        "agent plant",
    ]


def test_what_cannot_be_is_said(shell: Shell) -> None:
    shell.site.write_text(SITE.replace('"login s3cret-1"', "'***'"))
    refused = shell("apply", "-f", str(shell.site))
    assert "is hidden in the document" in refused.stderr
    shell.site.write_text(SITE.replace("{agent: office}", "{agent: nobody}"))
    refused = shell("apply", "-f", str(shell.site))
    assert "job nightly: agents: there is no agent 'nobody'" in refused.stderr
    shell.site.write_text(SITE)
    shell.apply()
    shell.site.write_text(SITE.replace("type: folder", "type: distribution"))
    refused = shell("apply", "-f", str(shell.site))
    assert "job docs: type cannot be changed" in refused.stderr


def test_tags_of_agents_are_set_changed_and_taken_away(shell: Shell, person: Person) -> None:
    shell.site.write_text(SITE.replace("name: Office}", "name: Office, tags: {SITE: a, ROLE: b}}"))
    assert len(steps(shell)) == 5
    assert steps(shell) == []
    [office] = [
        one["id"]
        for one in person.call("GET", f"/workspaces/{shell.workspace}/agents")["data"]
        if one["name"] == "Office"
    ]
    path = f"/workspaces/{shell.workspace}/agents/{office}/tags"

    def tags() -> dict[str, str | None]:
        return {one["name"]: one["set_here"] for one in person.call("GET", path)["tags"]}

    assert tags() == {"SITE": "a", "ROLE": "b"}
    exported = shell("export").stdout
    shell.site.write_text(exported)
    assert steps(shell) == []
    shell.site.write_text(exported.replace("SITE: a", "SITE: c").replace("ROLE: b", "NEW: d"))
    assert steps(shell) == [("change", "agent office", ["tags"])]
    assert tags() == {"SITE": "c", "ROLE": None, "NEW": "d"}
    assert steps(shell) == []
