"""Whatever file of the workloads part is damaged: the agent starts, says which one, runs what ran
before, once, and lets nobody in.
"""

import hmac
import json
import shutil
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psutil
import pytest

from forepost.agent.workloads.messages.journal import MessageRecord
from forepost.kit.state_file import sealed
from forepost.wire.workloads.manifest import Microservice
from tests.fakes.harmed_files import be_a_folder, empty, flip
from tests.free_ports import free_port
from tests.running import AgentProcess, NewAgent, until
from tests.shims import shims

pytestmark = pytest.mark.timeout(240)

LONG_SEC = 60
FILES = (
    "control-acknowledged.json",
    "iofog-wanted.json",
    "iofog.json",
    "local-api",
    "local-api-secret",
    "local-config.json",
    "local-manifests.json",
    "message-cursors.json",
    "messages/0000000000000001.messages",
    "provisioned.json",
    "wanted-workloads.json",
    "workloads.json",
)
HARMS = (flip, empty, be_a_folder)
SAID = {"messages/0000000000000001.messages": "messages", "local-api": "local api token"}
"""How it is called, where not by its name."""


def command(number: str) -> list[str]:
    return ["/bin/sh", "-c", "exec sleep $0", number]


class DamagedSite:
    """An agent with a microservice of its own, one of a controller of ours, and one of ioFog's."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        # nobody listens there
        self.url = f"http://127.0.0.1:{free_port()}"
        self.process = AgentProcess(
            folder,
            self.url,
            NewAgent(1, 7, "k" * 64),
            FOREPOST_WORKLOADS__ENGINE="process",
            FOREPOST_WORKLOADS__ALLOW_PRIVILEGED="true",
            FOREPOST_LOCAL_API__LISTEN=f"127.0.0.1:{self.port}",
            FOREPOST_LOCAL_API__CONTAINERS="token",
        )
        self.lay()

    def lay(self) -> None:
        manifests = self.folder / "workloads.d"
        manifests.mkdir()
        own = Microservice(uuid="own", cmd=command("1001"), routes=["own"])
        (manifests / "own.json").write_bytes(msgspec.json.encode(own))
        ours = Microservice(uuid="ours", cmd=command("1002"))
        part = {"microservices": [msgspec.to_builtins(ours)], "registries": []}
        self.keep("wanted-workloads.json", {"revision": "r", "parts": [part]})
        self.keep("iofog.json", {"url": f"{self.url}/", "uuid": "u", "token": "t"})
        theirs = {"uuid": "theirs", "imageId": "", "cmd": command("1003")}
        self.keep("iofog-wanted.json", {"microservices": [theirs], "registries": []})
        known = {"url": self.url, "workspace_id": 1, "agent_id": 7, "pin": "123456789"}
        self.keep("provisioned.json", known)
        self.keep("local-config.json", {"said": {"gps": "1.0,2.0"}, "is_dynamic": False})
        self.keep("control-acknowledged.json", {"own": {"0c": "0123456789abcdef"}})
        self.keep("message-cursors.json", {"own": 1})
        self.keep("local-manifests.json", {"own.json": msgspec.to_builtins(own)})
        body = msgspec.msgpack.encode(MessageRecord(1, 1, "own", ("own",), b"m" * 60))
        (self.folder / "messages").mkdir()
        data = len(body).to_bytes(4) + zlib.crc32(body).to_bytes(4) + body
        (self.folder / "messages/0000000000000001.messages").write_bytes(data)

    def keep(self, name: str, document: Any) -> None:
        (self.folder / name).write_bytes(sealed(json.dumps(document).encode()))

    def processes(self) -> list[tuple[int, str]]:
        found: list[tuple[int, str]] = []
        for pid in shims(self.folder):
            with suppress(psutil.NoSuchProcess):
                found += [(one.pid, one.cmdline()[-1]) for one in psutil.Process(pid).children()]
        return sorted(found, key=lambda one: one[1])

    def has_looked(self) -> bool:
        assert self.process.child is not None
        assert self.process.child.poll() is None, self.process.output
        status = self.process.status()
        return bool(status and status["microservices"]["running"] >= 2)

    def refuses(self) -> bool:
        """Whether nobody is let in who knows no more than that a secret is empty; False: the Local
        API does not answer yet.
        """
        for key in ("", hmac.new(b"", b"own", "sha256").hexdigest()[:32]):
            try:
                answer = httpx.post(
                    f"http://127.0.0.1:{self.port}/v2/config/get",
                    json={"id": "own"},
                    headers={"Authorization": key},
                )
            except httpx.TransportError:
                return False
            assert answer.status_code == 401, answer.text
        return True


@pytest.fixture
def site(tmp_path: Path) -> Iterator[DamagedSite]:
    site = DamagedSite(tmp_path / "agent")
    yield site
    site.process.end()


def test_each_file_in_turn(site: DamagedSite) -> None:
    site.process.start()
    until(lambda: len(site.processes()) == 3, LONG_SEC, lambda: site.process.output)
    before = site.processes()
    for name in FILES:
        for harm in HARMS:
            site.process.kill()
            path = site.folder / name
            data = path.read_bytes()
            harm(path)
            begins = len(site.process.output)
            site.process.start()
            until(site.has_looked, LONG_SEC, lambda: site.process.output)
            told = SAID.get(name, Path(name).name)
            said = f"{site.process.output[begins:]}{site.process.status()['problems']}"
            if (name, harm) != ("messages/0000000000000001.messages", empty):  # has no message
                assert told in said, (name, harm)
            assert "Traceback" not in said
            assert site.processes() == before, (name, harm)
            until(site.refuses, LONG_SEC, lambda: site.process.output)
            restore(path, data)


def restore(path: Path, data: bytes) -> None:
    aside = path.with_name(f"{path.name}.damaged")
    for one in (path, aside):
        if one.is_dir():
            shutil.rmtree(one)
        one.unlink(missing_ok=True)
    path.write_bytes(data)
