"""`forepost doctor`: what this host lets the agent do, and how to get what is lacking."""

import os
import pwd
import socket
import sys
from functools import partial
from pathlib import Path
from typing import Final

import anyio
import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

import forepost
from forepost.agent import settings as agent_settings
from forepost.agent.doctor import examine
from forepost.agent.doctor.case import Case, ProbeFacts, needs, served
from forepost.agent.edges.host import abilities
from forepost.agent.node import IDENTITY, Identity, Node
from forepost.agent.probes.wanted import MOST_BYTES
from forepost.agent.status import SOCKET
from forepost.agent.uplink.enroll import standing
from forepost.agent.uplink.former_files import WANTED as FORMER
from forepost.agent.uplink.former_files import former_list
from forepost.agent.uplink.kept_document import file_of
from forepost.agent.way import Way
from forepost.cli import folders
from forepost.cli.exit_status import ExitStatus
from forepost.cli.measure import Flag, plain
from forepost.cli.status import ask
from forepost.cli.width import wide
from forepost.kit.clock import SystemClock
from forepost.kit.http import Unreachable
from forepost.kit.settings import WrongSettings
from forepost.kit.state_file import Damaged, StateFile
from forepost.wire.local.doctor import Diagnosis, Finding
from forepost.wire.local.status import Status
from forepost.wire.uplink.documents import PROBES, ProbesPart

WELL, FAILING = 0, 1
_part = msgspec.json.Decoder(ProbesPart)
_asked = msgspec.json.Decoder(ProbeFacts)
_STYLES: Final = {"ok": "green", "lacks": "yellow", "off": "dim"}


def doctor(
    *,
    config: Path | None = None,
    panel: str = "",
    json: Flag = False,
) -> int:
    """Look what this host lets the agent do, as the user who asks.

    Nothing is sent, but a question to the controller where one is configured. Exits with 0 unless
    something that is configured cannot work (1), or the settings are wrong (2).

    Parameters
    ----------
    config
        agent.toml; without it the one of this host, if there is one.
    panel
        HOST:PORT where a controller is to listen here.
    json
        Print what was found as one JSON object.

    """
    found = folders.settings() / "agent.toml"
    path = config or (found if _readable(found) else None)
    try:
        settings = agent_settings.read(path)
    except WrongSettings as error:
        sys.stderr.write(f"forepost doctor: {error}\n")
        return ExitStatus.USAGE
    state = Path(settings.node.state_dir)
    probes = _probes(state)
    case = Case(
        settings=settings,
        wanted=needs(probes),
        served=served(probes),
        identity=_identity(state),
        unreadable=_unreadable(state / IDENTITY),
        standing=partial(_standing, settings.uplink.way),
        running=abilities.answers(state / SOCKET),
        cut_off=_cut_off(state / SOCKET),
    )
    findings = examine(case)
    if panel:
        findings.append(_panel(panel))
    user = pwd.getpwuid(os.geteuid()).pw_name
    if json:
        print(msgspec.json.encode(Diagnosis(user=user, findings=findings)).decode())
    else:
        _show(user, findings)
    return FAILING if any(one.fails for one in findings) else WELL


def _identity(state: Path) -> Identity | None:
    node = Node(
        name="", version=forepost.__version__, state_dir=state, started_at=SystemClock().now()
    )
    return node.identity()


def _unreadable(key: Path) -> str:
    """Why; "" where it can be read, and where there is none."""
    try:
        key.open("rb").close()
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{key}: {(error.strerror or str(error)).lower()}"
    return ""


def _standing(way: Way, identity: Identity) -> str:
    try:
        return anyio.run(standing, way, identity)
    except (Unreachable, OSError) as error:
        return str(error)


def _cut_off(path: Path) -> str:
    """In the words of the agent that runs; "" where it is connected, alone, or none runs."""
    try:
        said = msgspec.json.decode(anyio.run(ask, path), type=Status)
    except (OSError, TimeoutError, msgspec.MsgspecError):
        return ""
    if said.connected or not said.controller:
        return ""
    problems = said.problems
    return problems.get("uplink") or problems.get("controller") or "it has just begun to try"


def _readable(path: Path) -> bool:
    return os.access(path, os.R_OK)


def _probes(state: Path) -> list[ProbeFacts]:
    """The list that the agent was given last; nothing where that cannot be read."""
    try:
        kept = file_of(state, PROBES, MOST_BYTES).load()
        if kept is None:  # it was not started since it was updated
            listed = StateFile(state / FORMER, former_list.decode).load() or []
        else:
            listed = [raw for part in kept.parts for raw in _part.decode(part).probes]
    except (OSError, Damaged, msgspec.MsgspecError):
        return []
    return [one for raw in listed if (one := _facts(raw)) is not None]


def _facts(raw: msgspec.Raw) -> ProbeFacts | None:
    """None: the agent does not understand it either."""
    try:
        return _asked.decode(raw)
    except msgspec.ValidationError:
        return None


def _panel(listen: str) -> Finding:
    host, _, number = listen.rpartition(":")
    why_not = f"{listen!r} is not HOST:PORT"
    if host and number.isdecimal() and int(number) < 65_536:
        why_not = abilities.port(host.strip("[]"), int(number), socket.SOCK_STREAM)
        why_not = why_not and f"{listen}: {why_not}"
    return Finding(
        check="panel-port",
        state="lacks" if why_not else "ok",
        detail=why_not or listen,
        grant="see who has it: ss -ltnp; or choose another with http.listen" if why_not else "",
        needed_by=["controller"],
        configured=True,
    )


def _show(user: str, findings: list[Finding]) -> None:
    table = Table("", "check", "needed by", title=f"as {user}", title_style="")
    table.add_column("what was found", overflow="fold")  # an address or a pin whole, or not at all
    for one in findings:
        style = "bold red" if one.fails else _STYLES[one.state]
        grant = f"\n-> {plain(one.grant)}" if one.grant else ""
        table.add_row(
            f"[{style}]{one.state}[/]",
            one.check,
            ", ".join(one.needed_by),
            escape(plain(one.detail) + grant),
        )
    console = wide(Console())
    console.print(table)
    for one in findings:
        _show_way(one, console)


def _show_way(one: Finding, console: Console) -> None:
    """A line for each stage that was looked at."""
    stages = [stage for stage in one.stages if stage.state != "off"]
    if stages:
        table = Table(box=None, pad_edge=False, show_header=False, title_justify="left")
        table.title, table.title_style = f"the way to the {one.check}", ""
        for _ in range(3):
            table.add_column(overflow="fold")
        for stage in stages:
            style = "green" if stage.state == "ok" else "bold red"
            table.add_row(f"[{style}]{stage.state}[/]", stage.stage, escape(plain(stage.detail)))
        console.print(table)
