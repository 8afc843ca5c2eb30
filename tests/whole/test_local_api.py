"""The Local API of an agent that runs: for its processes, and to and from a controller."""

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.free_ports import free_port
from tests.lonely import LonelyAgent
from tests.running import ControllerProcess, until

pytestmark = pytest.mark.timeout(240)
LONG_SEC = 60


class Site:
    def __init__(self, folder: Path) -> None:
        self.port, self.manifests = free_port(), folder / "manifests"
        self.manifests.mkdir()
        self.agent = LonelyAgent(
            folder / "agent",
            FOREPOST_LOCAL_API__LISTEN=f"127.0.0.1:{self.port}",
            FOREPOST_WORKLOADS__ENGINE="process",
            FOREPOST_WORKLOADS__MANIFESTS=str(self.manifests),
        )

    @property
    def token(self) -> str:
        return (self.agent.folder / "state" / "local-api").read_text()

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {"Authorization": self.token, "Content-Type": "application/json"}
        try:
            line.request(method, path, None if body is None else json.dumps(body), headers)
            answer = line.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            line.close()

    def status(self) -> Any:
        """None: it begins anew."""
        try:
            return self.ask("GET", "/v2/status")[1]
        except OSError:
            return None

    def shows(self, key: str, value: str) -> bool:
        found = self.status()
        return found is not None and found[key] == value

    def until(self, key: str, value: str) -> None:
        until(lambda: self.shows(key, value), LONG_SEC, self.agent.log.read_text)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    made.agent.start()
    try:
        made.until("iofog-daemon", "RUNNING")
        yield made
    finally:
        made.agent.end()


def test_a_controller_is_come_to_and_left_over_the_local_api(site: Site, tmp_path: Path) -> None:
    controller = ControllerProcess(tmp_path / "controller").start()
    try:
        person = controller.person()
        workspace = person.workspace("w")
        made = person.call("POST", f"/workspaces/{workspace}/agents", {"name": "a"}, status=201)
        key = f"{workspace}-{made['agent']['id']}-{made['pin']}"
        said = {"provisioning-key": key}
        assert site.status()["connection-to-controller"] == "not provisioned"
        assert site.ask("POST", "/v2/provision", said)[0] == 500  # by nobody
        assert site.ask("POST", "/v2/config", {"controller-url": controller.url}) == (200, {})
        wrong = {"provisioning-key": f"{key}0"}
        status, body = site.ask("POST", "/v2/provision", wrong)
        assert (status, body["status"]) == (500, "failed")
        uuid = f"{workspace}-{made['agent']['id']}"
        assert site.ask("POST", "/v2/provision", said) == (200, {"uuid": uuid, "status": "success"})
        site.until("connection-to-controller", "ok")
        assert site.ask("GET", "/v2/info")[1]["iofog-uuid"] == uuid
        status, body = site.ask("DELETE", "/v2/deprovision")
        assert (status, body["status"]) == (200, "success")
        site.until("connection-to-controller", "not provisioned")
        status, body = site.ask("DELETE", "/v2/deprovision")
        assert (status, body) == (500, {"message": "Failure - not provisioned", "status": "failed"})
    finally:
        controller.end()


def test_a_process_of_another_user_gets_its_configuration(site: Site) -> None:
    script = (
        'import json, os, sys, urllib.request; id = os.environ["SELFNAME"];'
        'request = urllib.request.Request(sys.argv[1], json.dumps({"id": id}).encode(),'
        ' {"Content-Type": "application/json"});'
        "open(sys.argv[2], 'wb').write(urllib.request.urlopen(request).read());"
        "import time; time.sleep(600)"
    )
    with TemporaryDirectory() as folder:
        said = Path(folder, "said")
        said.touch()
        Path(folder).chmod(0o755)
        said.chmod(0o666)
        url = f"http://127.0.0.1:{site.port}/v2/config/get"
        manifest = {
            "uuid": "p",
            "cmd": ["/usr/bin/python3", "-c", script, url, str(said)],
            "config": {"n": 1},
            "user": "nobody",
        }
        (site.manifests / "p.json").write_text(json.dumps(manifest))
        until(said.read_bytes, LONG_SEC, lambda: f"{site.status()}\n{site.agent.log.read_text()}")
        assert json.loads(said.read_bytes()) == {"status": "okay", "config": '{"n":1}'}
        site.until("running-microservices", "1")
