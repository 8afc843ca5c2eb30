"""Two hosts with the key of one agent are noticed; one host that comes back is not."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from forepost.controller.fleet.twins import REPLACED, STAYS_SEC, Twins
from tests.running import AgentProcess, ControllerProcess, Person, until

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ONE, TWO = "198.18.0.1", "198.18.0.2"


def test_a_start_that_is_heard_again_after_another_is_of_a_second_host() -> None:
    twins = Twins()
    assert twins.hello(1, 11, ONE, NOW, 0) is None
    assert twins.hello(1, 22, TWO, NOW, 1) is None
    found = twins.hello(1, 11, ONE, NOW, 2)
    assert found is not None
    assert found.addresses == [TWO, ONE]
    assert twins.of(1, 3) == found
    assert twins.hello(1, 22, TWO, NOW, 4) is None  # known
    assert twins.of(1, 4 + STAYS_SEC) is None
    assert twins.of(2, 3) is None


def test_starts_one_after_the_other_are_of_one_host() -> None:
    twins = Twins()
    for n, boot in enumerate([1, 1, 2, 3, 3, 3, 4, 5, 6, 7, 8], start=1):
        assert twins.hello(1, boot, f"198.18.0.{n}", NOW, n) is None
    assert twins.of(1, 20) is None


def test_an_agent_that_says_no_start_is_known_by_connections_that_give_way() -> None:
    twins = Twins()
    for n in range(REPLACED - 1):
        assert twins.replaced(1, ONE, TWO, NOW, n) is None
        assert twins.replaced(2, ONE, ONE, NOW, n) is None
        assert twins.replaced(3, ONE, TWO, NOW, n * STAYS_SEC) is None
    found = twins.replaced(1, TWO, ONE, NOW, 9)
    assert found is not None
    assert found.addresses == [TWO, ONE]
    assert twins.replaced(2, ONE, ONE, NOW, 9) is None
    assert twins.replaced(3, ONE, TWO, NOW, 9 * STAYS_SEC) is None


def test_a_new_key_ends_it() -> None:
    twins = Twins()
    for n, boot in enumerate([1, 2, 1]):
        twins.hello(1, boot, ONE, NOW, n)
    twins.forget(1)
    assert twins.of(1, 3) is None


def test_a_copied_machine_is_shown(
    controller: ControllerProcess, person: Person, tmp_path: Path
) -> None:
    agent = person.agent(person.workspace("w"))
    path = f"/workspaces/{agent.workspace}/agents/{agent.id}"
    first = AgentProcess(tmp_path / "a", controller.url, agent).start()
    try:
        until(first.drained, 15, lambda: first.output)
        assert person.call("GET", path)["identity_conflict"] is None
        first.kill()  # one that begins anew is no second host
        first.start()
        until(first.drained, 15, lambda: first.output)
        assert person.call("GET", path)["identity_conflict"] is None
        (tmp_path / "b").mkdir()
        shutil.copy(tmp_path / "a/identity.json", tmp_path / "b")
        second = AgentProcess(tmp_path / "b", controller.url, agent).start()
        try:
            said = until(
                lambda: person.call("GET", path)["identity_conflict"], 20, lambda: second.output
            )
        finally:
            second.end()
        assert said["addresses"] == ["127.0.0.1", "127.0.0.1"]
        assert "two hosts have its key, 127.0.0.1 and 127.0.0.1" in controller.output
    finally:
        first.end()
