"""Logs, restarts and roll-outs by REST, with a real agent and a real engine."""

import json
import threading
from typing import Any

import httpx
import pytest

from tests.running import until
from tests.whole.test_containers_by_rest import LONG_SEC, Place, engine, place

__all__ = ["engine", "place"]

pytestmark = pytest.mark.timeout(300)
COUNTS = "trap exit TERM; n=0; while true; do echo line $n; n=$((n+1)); sleep 0.2 & wait $!; done"


def test_logs_are_read_and_followed_over_a_restart(place: Place) -> None:
    made = place.deploy(name="counts", cmd=["sh", "-c", COUNTS])
    until(lambda: place.is_current(made["id"]), LONG_SEC, place.told)
    until(lambda: len(place.logs(made["uuid"])) >= 5, LONG_SEC, place.told)
    found = place.person.call("GET", place.path(made["id"], "logs?tail=3"))
    assert found["problem"] == ""
    assert len(found["data"]) == 3
    assert all(line["text"].startswith("line ") for line in found["data"])

    texts: list[Any] = []
    followed = threading.Thread(target=follow, args=(place, made["id"], texts), daemon=True)
    followed.start()
    until(lambda: len(texts) >= 5, LONG_SEC, place.told)
    before = place.state(made["id"])["status"]["started_at"]
    (restarted,) = place.person.call("POST", place.path(made["id"], "restart"))["data"]
    assert restarted == {"agent_id": place.agent.id, "problem": ""}

    def is_anew() -> bool:
        status = place.state(made["id"])["status"]
        return bool(status["started_at"] != before) and place.is_current(made["id"])

    until(is_anew, LONG_SEC, place.told)
    until(lambda: texts.count("line 0") == 2, LONG_SEC, lambda: f"{texts}\n{place.told()}")
    place.person.call("DELETE", place.path(made["id"]))
    followed.join(LONG_SEC)
    assert not followed.is_alive()


def follow(place: Place, number: int, texts: list[Any]) -> None:
    url = place.controller.url + place.path(number, "logs?follow=true&tail=1000")
    bearer = {"Authorization": f"Bearer {place.person.token}"}
    with (
        place.engine.place.inside(),
        httpx.stream("GET", url, headers=bearer, timeout=LONG_SEC, verify=False) as answer,
    ):
        for line in answer.iter_lines():
            said = json.loads(line)
            if "text" in said:
                texts.append(said["text"])


def test_a_manifest_that_is_never_healthy_goes_back(place: Place) -> None:
    rule = {"waves": [100], "gate_sec": 1}
    made = place.deploy(name="sleeps", cmd=["sleep", "1000"], rollout=rule)
    until(lambda: place.is_current(made["id"]), LONG_SEC, place.told)
    health = {"test": ["false"], "interval": 0.5, "timeout": 1, "retries": 2, "window": 3}
    place.person.call("PATCH", place.path(made["id"]), {"health": health})

    def shown() -> Any:
        return place.person.call("GET", place.path(made["id"]))

    until(lambda: shown()["progress"]["state"] == "returned", LONG_SEC, place.told)
    assert shown()["progress"]["reason"].startswith(f"agent {place.agent.id}: ")
    assert shown()["fingerprint"] == made["fingerprint"]
    until(lambda: place.is_current(made["id"]), LONG_SEC, place.told)

    place.person.call("PATCH", place.path(made["id"]), {"cmd": ["sleep", "2000"]})
    until(lambda: shown()["progress"]["state"] == "done", LONG_SEC, place.told)
    assert place.is_current(made["id"])
    (container,) = place.engine.containers()
    assert "2000" in container["Command"]
