"""`forepost join` where there is something already, or where nothing is to be done yet."""

import json
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.cli.test_join_again import Place
from tests.free_ports import free_port
from tests.running import AgentProcess, ControllerProcess, NewAgent, forepost, until
from tests.tls_front import Front

SITE = """# of this site
[probes]
deny = ["10.0.0.0/8"]  # not ours

[node]
name = "edge"
state_dir = "/elsewhere"

[uplink]
url = "http://before"
pin = "1"
allow_plain = true
"""


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path_factory.mktemp("controller")).start()
    yield process
    process.end()


@pytest.fixture
def place(controller: ControllerProcess, tmp_path: Path) -> Place:
    return Place(controller, controller.person(), tmp_path)


def test_what_a_site_wrote_stays(place: Place) -> None:
    """Its `deny` was gone after a second join."""
    place.config.write_text(SITE)
    assert forepost(*place.told()).returncode == 0
    text = place.config.read_text()
    found = tomllib.loads(text)
    assert found["probes"] == {"deny": ["10.0.0.0/8"]}
    assert found["node"] == {"name": "edge", "state_dir": str(place.state)}
    assert found["uplink"] == {
        "url": place.controller.url,
        "workspace_id": place.workspace,
        "agent_id": place.agent,
    }
    assert "# of this site" in text
    assert "# not ours" in text
    assert place.is_joined()


def test_settings_that_cannot_be_changed_cost_no_pin(place: Place) -> None:
    for text in ('uplink = {url = "http://x"}\n', "[uplink\n"):
        place.config.write_text(text)
        refused = forepost(*place.told())
        assert refused.returncode == 2, text
        assert "move it away" in refused.stderr
        assert place.config.read_text() == text
    place.config.unlink()
    assert forepost(*place.told()).returncode == 0
    assert place.is_joined()


def test_another_agent_is_named_and_left_as_it_is(place: Place, tmp_path: Path) -> None:
    assert forepost(*place.told()).returncode == 0
    before, settings = place.identity, place.config.read_text()
    other = Place(place.controller, place.person, tmp_path / "other")
    other.config, other.state = place.config, place.state
    refused = forepost(*other.told())
    assert refused.returncode == 3
    assert f"is agent {place.agent} of workspace {place.workspace}" in refused.stderr
    assert str(place.state) in refused.stderr
    assert (place.identity, place.config.read_text()) == (before, settings)
    wrong = forepost(*other.told(pin="000000000"), "--replace")
    assert wrong.returncode == 1
    assert place.identity == before
    assert forepost(*other.told(), "--replace").returncode == 0
    assert other.is_joined()
    kept = (place.state / "identity.json.before").read_text().split("\n")[1]
    assert json.loads(kept) == before


def test_a_key_that_is_known_needs_no_pin_and_one_that_is_not_says_so(place: Place) -> None:
    needs = forepost(*(one for one in place.told() if one not in ("--pin", place.pin)))
    assert needs.returncode == 2
    assert "needs a PIN" in needs.stderr
    assert forepost(*place.told()).returncode == 0
    place.config.unlink()
    told = [one for one in place.told() if one not in ("--pin", place.pin)]
    here = forepost(*told)
    assert here.returncode == 0
    assert "already, and no PIN was used" in here.stdout
    assert place.is_joined()
    one = f"/workspaces/{place.workspace}/agents/{place.agent}"
    place.pin = place.person.call("POST", f"{one}/regenerate")["pin"]
    unknown = forepost(*told)
    assert unknown.returncode == 1
    assert "does not know this agent: issue a PIN" in unknown.stderr
    assert forepost(*place.told()).returncode == 0
    assert place.is_joined()
    place.person.call("DELETE", one)
    gone = forepost(*place.told())
    assert gone.returncode == 1
    assert f"has removed agent {place.agent}" in gone.stderr


def test_a_dry_run_spends_nothing(place: Place) -> None:
    tried = forepost(*place.told(), "--dry-run")
    assert tried.returncode == 0, tried.stderr
    assert "the PIN was not tried" in tried.stdout
    assert not place.config.exists()
    assert list(place.state.iterdir()) == []
    nobody = forepost(*place.told("http://127.0.0.1:9"), "--dry-run")
    assert nobody.returncode == 1
    assert forepost(*place.told()).returncode == 0
    assert place.is_joined()
    tried = forepost(*place.told(), "--dry-run")
    assert tried.returncode == 0
    assert "already, and needs no PIN" in tried.stdout


@pytest.mark.timeout(240)
def test_an_authority_of_the_house(place: Place, tmp_path: Path) -> None:
    front = Front(tmp_path)
    with front.before(place.controller.port) as port:
        told = place.told(f"https://127.0.0.1:{port}")
        assert forepost(*told).returncode == 1
        for wrong in (tmp_path / "none", tmp_path / "front.key"):
            refused = forepost(*told, "--ca-file", str(wrong))
            assert refused.returncode == 2
            assert f"uplink.ca_file: {wrong}" in refused.stderr
        joined = forepost(*told, "--ca-file", str(front.ca_file))
        assert joined.returncode == 0, joined.stderr
        assert tomllib.loads(place.config.read_text())["uplink"]["ca_file"] == str(front.ca_file)
        assert place.is_joined()
        agent = NewAgent(place.workspace, place.agent, "")
        process = AgentProcess(place.state, f"https://127.0.0.1:{port}", agent)
        process.arguments, process.env = ["-m", "forepost.agent", str(place.config)], {}
        process.start()
        try:
            until(process.drained, 20, lambda: process.output)
        finally:
            process.end()


def test_what_is_no_controller_costs_no_pin(place: Place) -> None:
    """A web server in front that does not pass the WebSocket on took the PIN, and gave no line."""
    with bare_proxy(place.controller.port) as port:
        refused = forepost(*place.told(f"http://127.0.0.1:{port}"))
    assert refused.returncode == 1
    assert "upgrade: something else answers at this address" in refused.stderr
    assert "reverse-proxy.md" in refused.stderr
    assert forepost(*place.told()).returncode == 0
    assert place.is_joined()


@contextmanager
def bare_proxy(port: int) -> Iterator[int]:
    """Passes requests on, and no upgrade: as the shortest configuration of nginx does."""
    folder, at = Path(tempfile.mkdtemp()), free_port()
    folder.chmod(0o755)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/log; events {{}}"
        f" http {{ access_log off; {temporary} server {{ listen 127.0.0.1:{at};"
        f" location / {{ proxy_pass http://127.0.0.1:{port}; }} }} }}"
    )
    child = subprocess.Popen(
        ["nginx", "-c", str(folder / "conf"), "-p", str(folder)], stderr=subprocess.DEVNULL
    )
    try:
        until(lambda: answers(at), 15)
        yield at
    finally:
        child.terminate()
        child.wait(10)
        shutil.rmtree(folder)


def answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", verify=False).status_code == 200
    except httpx.TransportError:
        return False
