"""Real processes of forepost for tests: started here, ended here, by their own ids."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx

from tests.forked import Forked, can_be_forked, run_forked
from tests.free_ports import free_port
from tests.metadata import NAME, lay
from tests.shims import end_shims

READY_SEC = 45.0
LEAST_SEC = 30.0
DATABASE_URL = "FOREPOST_DATA__DATABASE_URL"
ADMIN = {"email": "admin@example.com", "password": "correct horse"}
UNLIMITED = {
    f"FOREPOST_LIMITS__{limit}": "1000000"
    for limit in (
        "LOGINS_PER_ADDRESS",
        "WRONG_PASSWORDS_PER_ACCOUNT",
        "REGISTRATIONS_PER_ADDRESS",
        "WRONG_PINS_PER_ADDRESS",
        "WRONG_PINS_PER_AGENT",
    )
}
"""A whole test run comes from one address."""


@dataclass
class Process:
    """A child of this test, with its output in a file beside its data."""

    arguments: list[str]
    env: dict[str, str]
    log: Path
    prefix: list[str] = field(default_factory=list)
    """Such as `ip netns exec NAME`."""
    anew: bool = False
    """By an interpreter of its own, which has read no more than it needs."""
    child: "subprocess.Popen[bytes] | Forked | None" = None

    def start(self) -> Self:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("FOREPOST_")}
        if not self.anew and not self.prefix and can_be_forked(self.arguments, self.env):
            self.child = Forked(self.arguments, {**inherited, **self.env}, self.log)
            return self
        with self.log.open("ab") as out:
            self.child = subprocess.Popen(
                [*self.prefix, sys.executable, *self.arguments],
                env={**inherited, **self.env},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        return self

    @property
    def pid(self) -> int:
        assert self.child is not None
        return self.child.pid

    def kill(self) -> None:
        """kill -9."""
        assert self.child is not None
        self.child.kill()
        self.child.wait(30)

    def stop(self, timeout_sec: float = 30.0) -> int:
        """SIGTERM; returns the exit status."""
        assert self.child is not None
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        return self.child.wait(timeout_sec)

    def end(self) -> None:
        if self.child is not None and self.child.poll() is None:
            try:
                self.stop()
            except subprocess.TimeoutExpired:
                self.kill()

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")


def run_python(
    *arguments: str, env: dict[str, str] | None = None, typed: str = "", timeout_sec: float = 60
) -> "subprocess.CompletedProcess[str]":
    """What `python *arguments` prints and how it ends; its environment is this one or `env`."""
    if can_be_forked(arguments, env or {}):
        return run_forked(arguments, dict(os.environ) if env is None else env, typed, timeout_sec)
    return subprocess.run(
        [sys.executable, *arguments],
        env=env,
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_sec,
    )


def forepost(*words: str, **how: Any) -> "subprocess.CompletedProcess[str]":
    """`run_python` of the command."""
    return run_python("-m", "forepost.cli.main", *words, **how)


class ControllerProcess(Process):
    """`python -m forepost.controller` on a port of loopback; its first start finds metadata of the
    newest schema and of nobody, or, `from_nothing`, no folder.
    """

    def __init__(
        self, folder: Path, port: int | None = None, *, from_nothing: bool = False
    ) -> None:
        self.port = port or free_port()
        self.from_nothing = from_nothing
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(
            ["-m", "forepost.controller"],
            {
                "FOREPOST_HTTP__LISTEN": f"127.0.0.1:{self.port}",
                "FOREPOST_DATA__DIR": str(folder / "data"),
                "FOREPOST_ADMIN__EMAIL": ADMIN["email"],
                "FOREPOST_ADMIN__PASSWORD": ADMIN["password"],
                # tests make their people themselves
                "FOREPOST_HTTP__REGISTRATION": "true",
                # tests make their rules themselves
                "FOREPOST_ALERTS__DEFAULT_RULES": "false",
                # refused as private: no test asks a registry of the Internet
                "FOREPOST_LOOKUPS__WHOIS_SERVER": "127.0.0.1:43",
                **UNLIMITED,
            },
            folder / "controller.log",
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    def start(self) -> Self:
        data = Path(self.env["FOREPOST_DATA__DIR"])
        if not (self.from_nothing or data.exists() or DATABASE_URL in self.env):
            data.mkdir(mode=0o700)
            lay(data / NAME)
        super().start()
        until(self.is_ready, READY_SEC, lambda: f"not ready:\n{self.output}")
        return self

    def is_ready(self) -> bool:
        assert self.child is not None
        assert self.child.poll() is None, self.output
        try:
            return httpx.get(f"{self.url}/readyz", verify=False).status_code == 200
        except httpx.TransportError:
            return False

    def person(self, email: str = ADMIN["email"], password: str = ADMIN["password"]) -> "Person":
        """Log in, and where there is no such account open one."""
        body = {"email": email, "password": password}
        answer = httpx.post(f"{self.url}/auth/login", json=body, verify=False)
        if answer.status_code == 401:
            answer = httpx.post(f"{self.url}/auth/register", json=body, verify=False)
        assert answer.status_code == 200, answer.text
        return Person(self, answer.json()["token"], answer.json()["data"]["id"])


class Person:
    """Somebody with a token."""

    def __init__(self, controller: ControllerProcess, token: str, user_id: int) -> None:
        self.controller, self.token, self.user_id = controller, token, user_id

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {self.token}"}
        return httpx.request(  # without TLS there is nothing to verify, and loading roots is slow
            method, self.controller.url + path, headers=bearer, verify=False, timeout=30, **more
        )

    def call(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        answer = self.ask(method, path, json=body)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def admit(self, other: "Person", workspace: int, role: str = "USER") -> int:
        """Make somebody a member, with his consent; the number of the membership."""
        email = other.call("GET", "/auth/me")["email"]
        body = {"email": email, "role": role}
        made = self.call("POST", f"/workspaces/{workspace}/members", body, status=201)
        other.call("POST", f"/invite/{made['invite_token']}/accept")
        return int(made["id"])

    def workspace(self, name: str) -> int:
        made = self.call("POST", "/workspaces", {"name": name}, status=201)
        return int(made["id"])

    def agent(self, workspace: int, name: str = "edge") -> "NewAgent":
        """A new agent that is enrolled: its PIN is used up here."""
        made = self.call("POST", f"/workspaces/{workspace}/agents", {"name": name}, status=201)
        agent = int(made["agent"]["id"])
        body = {"workspace_id": workspace, "agent_id": agent, "pin": made["pin"]}
        return NewAgent(workspace, agent, self.call("POST", "/agent", body)["psk"])

    def probe(self, agent: "NewAgent", **body: Any) -> int:
        path = f"/workspaces/{agent.workspace}/agents/{agent.id}/probes"
        return int(self.call("POST", path, body, status=201)["id"])

    def results(self, agent: "NewAgent", probe: int, **query: Any) -> list[Any]:
        path = f"/workspaces/{agent.workspace}/probe-data/probes/{probe}/data"
        found = self.ask("GET", path, params={"limit": 50_000, "asc": "true", **query})
        assert found.status_code == 200, found.text
        rows: list[Any] = found.json()["data"]
        return rows


@dataclass(frozen=True)
class NewAgent:
    workspace: int
    id: int
    psk: str

    @property
    def headers(self) -> dict[str, str]:
        return {
            "X-Workspace-ID": str(self.workspace),
            "X-Agent-ID": str(self.id),
            "X-Agent-PSK": self.psk,
        }


class AgentProcess(Process):
    """`python -m forepost.agent` with its state in `folder`."""

    def __init__(self, folder: Path, url: str, agent: NewAgent, **sections: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        identity = folder / "identity.json"
        if not identity.exists():
            identity.write_text(
                json.dumps(
                    {
                        "url": url,
                        "workspace_id": agent.workspace,
                        "agent_id": agent.id,
                        "psk": agent.psk,
                    }
                )
            )
        super().__init__(
            ["-m", "forepost.agent"],
            {
                "FOREPOST_NODE__STATE_DIR": str(folder),
                "FOREPOST_UPLINK__URL": url,
                "FOREPOST_UPLINK__ALLOW_PLAIN": "true",  # as labs are
                "FOREPOST_UPLINK__WORKSPACE_ID": str(agent.workspace),
                "FOREPOST_UPLINK__AGENT_ID": str(agent.id),
                **sections,
            },
            folder.parent / f"{folder.name}.log",
        )
        self.folder = folder

    def end(self) -> None:
        super().end()
        end_shims(self.folder)

    def status(self) -> Any:
        """What `forepost status --json` says; None while nobody answers, or it just ends."""
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(15)
            answer = b""
            try:
                s.connect(str(self.folder / "status.sock"))
                while part := s.recv(65536):
                    answer += part
            except OSError:
                return None
        return json.loads(answer) if answer else None

    def drained(self) -> bool:
        """Everything measured is acknowledged."""
        status = self.status()
        return bool(status and status["connected"] and not status["spool"]["pending"])


def until(true: Any, timeout_sec: float, otherwise: Any = lambda: "did not happen") -> Any:
    """Wait until `true()` is; fail with what `otherwise` says. The limit is for a machine that has
    nothing else to do: any has LEAST_SEC.
    """
    deadline = time.monotonic() + max(timeout_sec, LEAST_SEC)
    while True:
        found = true()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(otherwise())
        time.sleep(0.05)
