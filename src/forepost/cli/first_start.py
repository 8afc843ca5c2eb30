"""What `forepost up` does at the first start, over the same REST API that everybody has.

Every step looks before it makes, so that a start that was cut off is taken up again.
"""

import os
import secrets
from pathlib import Path
from typing import Any, Final

import msgspec

from forepost.agent.edges.host.facts import LinuxHost
from forepost.agent.line import is_plain
from forepost.cli import agent_toml
from forepost.cli.rest import Api
from forepost.kit.state_file import StateFile

EMAIL: Final = "admin@forepost.local"
WORKSPACE: Final = "Home"
AGENT: Final = "This host"
PING: Final = {"type": "PING", "interval_sec": 5, "timeout_sec": 2, "count": 5}
STORE: Final = "meta.sqlite"
GIVEN: Final = "FOREPOST_ADMIN__PASSWORD"
"""Set by who has a password already."""


class NoPlace(Exception):
    """`forepost up` cannot start out of this folder; the text says why and what helps."""


class FirstLogin(msgspec.Struct, frozen=True):
    """Kept only until it has been shown."""

    email: str
    password: str


class Start:
    """One start out of one folder."""

    def __init__(self, folder: Path, listen: str, hosts: list[str]) -> None:
        self.folder, self.listen, self.hosts = folder, listen, hosts
        self.agent_toml = folder / "agent.toml"
        self._login_file = StateFile(
            folder / "first-login.json", msgspec.json.Decoder(FirstLogin).decode
        )

    def check(self) -> None:
        """Raises NoPlace where the folder holds a store that is none of our making."""
        if (self.folder / STORE).exists():
            raise NoPlace(
                f"{self.folder} is the folder of a controller alone ({STORE}); a backup for"
                f" `forepost up --data DIR` is restored with --data DIR/controller"
            )
        restored = (self.folder / "controller" / STORE).exists()
        known = self._login_file.path.exists() or os.environ.get(GIVEN)
        if restored and self.first and not known:
            raise NoPlace(
                f"{self.folder / 'controller'} is restored and has its accounts, but this host has"
                f" no agent there: start once with FOREPOST_ADMIN__EMAIL and {GIVEN} of its first"
                " admin (`forepost user passwd` sets a lost one)"
            )

    @property
    def url(self) -> str:
        host, _, port = self.listen.rpartition(":")
        reachable = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]", "": "127.0.0.1"}.get(host, host)  # noqa: S104 - a comparison
        return f"http://{reachable}:{port}"

    @property
    def first(self) -> bool:
        return not self.agent_toml.exists()

    def login(self) -> FirstLogin:
        """The first admin: from the environment, else made up; the same until it was shown.

        Raises Damaged.
        """
        kept = self._login_file.load()
        if kept is not None and not os.environ.get(GIVEN):
            return kept
        login = FirstLogin(
            os.environ.get("FOREPOST_ADMIN__EMAIL") or EMAIL,
            os.environ.get(GIVEN) or secrets.token_urlsafe(12),
        )
        self._login_file.save(msgspec.json.encode(login))
        return login

    def shown(self) -> None:
        self._login_file.path.unlink(missing_ok=True)

    def controller_env(self) -> dict[str, str]:
        env = {
            "FOREPOST_HTTP__LISTEN": self.listen,
            "FOREPOST_DATA__DIR": str(self.folder / "controller"),
        }
        if self.first:
            login = self.login()
            env |= {
                "FOREPOST_ADMIN__EMAIL": login.email,
                "FOREPOST_ADMIN__PASSWORD": login.password,
            }
        return env

    def agent_env(self) -> dict[str, str]:
        """The controller is on this host, whichever of its addresses it listens on."""
        return {"FOREPOST_UPLINK__ALLOW_PLAIN": "true"} if is_plain(self.url) else {}


async def prepare(start: Start) -> str:
    """Make workspace, agent and probes where they are missing; return what to tell the user."""
    if not start.first:
        return f"forepost is running: {start.url}\n"
    login = start.login()
    session = await Api(start.url, "").ask("POST", "/auth/login", msgspec.to_builtins(login))
    api = Api(start.url, session["token"])
    workspace = await _named(api, "/workspaces", {"name": WORKSPACE})
    agents = f"/workspaces/{workspace['id']}/agents"
    agent = await _named(api, agents, {"name": AGENT})
    probes = f"{agents}/{agent['id']}/probes"
    there = {(p["type"], *(t["target"] for t in p["targets"])) for p in await api.all(probes)}
    for probe in _wanted(start.hosts):
        if (probe["type"], *probe.get("targets", ())) not in there:
            await api.ask("POST", probes, probe)
    pin = (await api.ask("POST", f"{agents}/{agent['id']}/issue-pin", {"ttlSeconds": 3600}))["pin"]
    path = start.agent_toml
    where = start.url, workspace["id"], agent["id"], start.folder / "agent"
    agent_toml.write(path, agent_toml.planned(path, *where, {"pin": pin}))
    start.shown()
    return (
        "forepost is running.\n"
        f"  panel     {start.url}\n"
        f"  email     {login.email}\n"
        f"  password  {login.password}\n"
        "Write the password down: it is not shown again.\n"
    )


def _wanted(hosts: list[str]) -> list[dict[str, Any]]:
    targets = hosts or ["127.0.0.1", *filter(None, [LinuxHost().network()[2].gateway])]
    return [
        {"type": "SYSINFO", "interval_sec": 60},
        {"type": "NETINFO", "interval_sec": 600},
        *({**PING, "targets": [target]} for target in targets),
    ]


async def _named(api: Api, path: str, new: dict[str, Any]) -> dict[str, Any]:
    """The object of this name, made where it is missing."""
    for found in await api.all(path):
        if found["name"] == new["name"]:
            return found
    made = await api.ask("POST", path, new)
    agent: dict[str, Any] = made.get("agent", made)
    return agent
