"""Every call, field and status of the Resilio Agent API document (seed 003), on a port."""

import base64
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from forepost.wire.jobs.agent_api import AgentApiState, RunStatus
from tests.fakes.jobs_site import JobsSite
from tests.running import until

FIELDS = {
    "down_speed", "errors", "eta", "files_completed", "files_total", "id", "name", "path",
    "peers_count", "peers_count_proxied", "permission", "run_id", "size_completed", "size_total",
    "status", "transferred_down", "transferred_up", "type", "up_speed",
}  # fmt: skip
SAMPLE = {
    "down_speed": 177_840,
    "files_completed": 208,
    "files_total": 209,
    "peers_count": 1,
    "peers_count_proxied": 0,
    "size_completed": 126_936_039,
    "size_total": 144_943_317,
    "transferred_down": 107_847_067,
    "transferred_up": 0,
    "up_speed": 0,
    "last_synced": 1_702_985_796,
}
PEER = {"deviceid": "A" * 32}
OF_FOLDERS = (
    "loading", "writing acl", "processing files", "indexing", "low priority", "no peers", "syncing",
    "synced", "error", "mounting selective sync volume",
)  # fmt: skip
OF_TRANSFERS = (
    "error", "loading", "writing acl", "processing files", "indexing", "low priority",
    "invalid state", "no peers", "waiting for files from source", "downloading", "seeding",
    "cleaning up destination folder",
)  # fmt: skip


@pytest.fixture
def site(tmp_path: Path) -> Iterator[JobsSite]:
    with JobsSite(tmp_path).running() as made:
        yield made


def test_get_token(site: JobsSite) -> None:
    found = site.ask("GET", "/api/v3/token")
    assert found.status == 200
    assert set(found.body) == {"token"}
    assert re.fullmatch("[A-Z2-7]{26}", found.body["token"])
    assert len(base64.b32decode(found.body["token"] + "======")) == 16
    assert site.ask("GET", "/api/v3/token").body == found.body
    assert site.ask("GET", "/api/v3/token", at="localhost").body == found.body


def test_get_status(site: JobsSite) -> None:
    found = site.call("GET", "/api/v3/client")
    assert found.status == 200
    assert set(found.body) == {"deviceid", "deviceidHex", "name", "paused", "server"}
    assert found.body["name"] == "north"
    assert found.body["paused"] is False
    raw = base64.b32decode(found.body["deviceid"])
    assert raw.hex() == found.body["deviceidHex"]
    assert len(raw) == 20
    assert found.body["server"] == {"addr": "", "last_seen": 0, "state": "NOT_CONFIGURED"}


def test_the_states_of_the_server(site: JobsSite) -> None:
    def state() -> Any:
        return site.call("GET", "/api/v3/client").body["server"]

    site.url = "https://management.example.com:8443"
    assert state() == {
        "addr": "management.example.com", "last_seen": 0, "state": "CONNECTING",
    }  # fmt: skip
    site.connected = True
    before = int(time.time())
    assert state()["state"] == "CONNECTED"
    assert before <= state()["last_seen"] <= time.time()
    site.connected = False
    site.health.ill("controller", "it hung up")
    assert state()["state"] == "NOT_CONNECTED"
    assert state()["last_seen"] >= before
    (site.folder / "state/identity.json.retired").write_text(
        '{"url": "https://m", "workspace_id": 1, "agent_id": 1, "psk": "x"}'
    )
    assert state()["state"] == "DECLINED"
    assert set(get_args(AgentApiState)) == {
        "NOT_CONFIGURED", "NOT_CONNECTED", "CONNECTING", "CONNECTED", "PENDING_APPROVAL",
        "DECLINED", "STOPPED", "WAITING_FOR_INCOMING_CONNECTION",
    }  # fmt: skip


def test_get_status_of_jobs(site: JobsSite) -> None:
    assert site.call("GET", "/api/v3/runs").body == []
    site.job("f.json", name="FullSync", type="folder", path="/data/FullSync", peers=[PEER])
    site.say("job:FullSync", "syncing", **SAMPLE)
    found = site.until_status("FullSync", "syncing")
    assert set(found) == FIELDS | {"last_synced"}
    assert {name: found[name] for name in SAMPLE} == SAMPLE
    assert found["eta"] == 101
    assert found["errors"] == []
    assert (found["type"], found["permission"]) == ("folder", "rw")
    assert found["path"] == "/data/FullSync"
    one = site.call("GET", f"/api/v3/runs/{found['run_id']}")
    assert one.body == [found]


def test_pause_and_resume(site: JobsSite) -> None:
    site.job("f.json", name="f", type="folder", path="/data/f")
    site.say("job:f", "synced")
    site.until_status("f", "synced")
    found = site.call("PATCH", "/api/v3/client", paused="true", resume_timer=60)
    assert (found.status, found.body) == (200, {})
    assert site.call("GET", "/api/v3/client").body["paused"] is True
    site.until_status("f", "paused")
    until(lambda: site.engine.tasks["job:f"].paused, 30)
    assert site.call("PATCH", "/api/v3/client", paused="false").body == {}
    assert site.call("GET", "/api/v3/client").body["paused"] is False
    site.until_status("f", "synced")


def test_the_resume_timer_ends_a_pause(site: JobsSite) -> None:
    site.call("PATCH", "/api/v3/client", paused="true", resume_timer=1)
    until(lambda: not site.call("GET", "/api/v3/client").body["paused"], 30)


def test_restart_the_agent(site: JobsSite) -> None:
    assert site.built.restart_wanted is not None
    found = site.call("PATCH", "/api/v3/client", {"restart": True})
    assert (found.status, found.body) == (200, {})
    until(site.built.restart_wanted.is_set, 30)


def test_set_and_get_tags(site: JobsSite) -> None:
    assert site.call("GET", "/api/v3/tags").body == {"tags": []}
    said = {"tags": [{"name": "TAG_NAME", "value": "TAG_VALUE"}]}
    found = site.call("PATCH", "/api/v3/tags", said)
    assert (found.status, found.body) == (200, {})
    assert site.call("GET", "/api/v3/tags").body == said
    more = {"tags": [{"name": "NAME2", "value": ""}, {"name": "TAG_NAME", "value": "other"}]}
    site.call("PATCH", "/api/v3/tags", more)
    assert site.call("GET", "/api/v3/tags").body == more


def test_without_token_auth_no_call_needs_one(tmp_path: Path) -> None:
    made = JobsSite(tmp_path)
    made.needs_token = False
    with made.running() as site:
        assert site.ask("GET", "/api/v3/client").status == 200
        assert site.ask("GET", "/api/v3/runs?token=wrong").status == 200


def test_statuses_of_synchronization_jobs(site: JobsSite) -> None:
    """As the engine says them; each by a real engine: tests/agent/transfer."""
    site.job("f.json", name="f", type="folder", path="/data/f")
    for status in OF_FOLDERS:
        site.say("job:f", status)
        assert site.until_status("f", status)["type"] == "folder"


def test_statuses_of_distribution_and_consolidation_jobs(site: JobsSite) -> None:
    site.job("d.json", name="d", type="distribution", permission="ro", path="/data/d")
    site.job("c.json", name="c", type="consolidation", path="/data/c")
    # each source of a consolidation has a task of its own
    deviceid = site.call("GET", "/api/v3/client").body["deviceid"]
    for status in OF_TRANSFERS:
        for name, key in (("d", "job:d"), ("c", f"{deviceid}:job:c")):
            site.say(key, status)
            assert site.until_status(name, status)["type"] == "transfer"


def test_statuses_of_scripts_around_a_transfer(site: JobsSite) -> None:
    data = site.folder / "data"
    data.mkdir()
    go = {name: site.folder / name for name in ("pre", "post", "complete")}
    wait = {name: f"until [ -e {path} ]; do sleep 0.05; done" for name, path in go.items()}
    triggers = {
        "pre_indexing": {"command": wait["pre"]},
        "post_download": {"command": wait["post"]},
        "complete": {"command": wait["complete"]},
    }
    for name, permission in (("source", "rw"), ("target", "ro")):
        site.job(
            f"{name}.json", name=name, type="distribution", permission=permission,
            path=str(data), peers=[PEER], triggers=triggers,
        )  # fmt: skip
    site.until_status("source", "executing pre-indexing script")
    go["pre"].touch()
    site.say("job:source", "seeding", files_total=1, files_completed=1, peers_complete=1)
    site.say("job:target", "seeding", files_total=1, files_completed=1, peers_complete=1)
    site.until_status("target", "executing post-download script")
    site.until_status("source", "executing complete script")
    go["post"].touch()
    site.until_status("target", "executing complete script")
    go["complete"].touch()
    for name in ("source", "target"):
        found = site.until_status(name, "successfully finished")
        assert found["files_completed"] == found["files_total"] == 1


def test_statuses_of_script_jobs(site: JobsSite) -> None:
    go = site.folder / "go"
    site.script("a.json", f"until [ -e {go} ]; do sleep 0.05; done", "a")
    found = site.until_status("a", "executing script")
    assert found["type"] == "script"
    assert found["path"] == str(site.folder)
    go.touch()
    site.until_status("a", "successfully finished")
    site.script("b.json", "sleep 1000", "b", timeout_sec=0.5)
    assert site.until_status("b", "expired")["errors"][0]["code_str"] == "SE_SCRIPT_TIMEOUT"
    site.script("c.json", "exit 3", "c")
    (error,) = site.until_status("c", "error")["errors"]
    assert set(error) == {"code", "code_str", "message"}
    assert error["message"] == "exit code 3"


def test_a_scheduled_script_that_waits(site: JobsSite) -> None:
    site.call("PATCH", "/api/v3/client", paused="true")
    soon = int(time.time()) + 1
    site.job(
        "s.json", name="s", type="script", script={"command": "true"},
        schedule={"type": "once", "start": soon},
    )  # fmt: skip
    site.until_status("s", "paused")
    site.call("PATCH", "/api/v3/client", paused="false")
    site.until_status("s", "successfully finished")


def test_script_logs_are_archived_at_once(site: JobsSite) -> None:
    """`archiving script logs` is no moment of ours: output is kept with the end, in one step."""
    site.script("a.json", "echo said", "a")
    site.until_status("a", "successfully finished")
    (record,) = site.portal.call(lambda: site.slice.runs.all)
    assert record.output.head == "said\n"


def test_the_statuses_are_those_of_the_document() -> None:
    ours = set(get_args(RunStatus))
    seen = {*OF_FOLDERS, *OF_TRANSFERS, "paused", "executing script", "successfully finished"}
    seen |= {"expired", "waiting for scheduled script", "archiving script logs"}
    seen |= {f"executing {one} script" for one in ("pre-indexing", "post-download", "complete")}
    assert ours == seen
