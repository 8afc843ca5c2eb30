"""`forepost status`: how the agent of this host is."""

import math
import sys
from pathlib import Path
from typing import Annotated

import anyio
import msgspec
from cyclopts import Parameter
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from forepost.agent.status import SOCKET
from forepost.cli import folders
from forepost.cli.width import wide
from forepost.wire.local.status import SpoolStatus, Status
from forepost.wire.uplink.clock import ClockReading

TIMEOUT_SEC = 5.0
LONG_MIN = 180
"""From here on hours are exact enough."""


def status(
    *,
    state_dir: Path | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Show what the running agent says of itself.

    Exit status: 0 all is well, 1 it runs with problems or cannot run all that is wanted of it, 3 no
    agent runs there, or this user may not ask it.

    Parameters
    ----------
    state_dir
        The agent's folder; with `forepost up --data DIR` it is DIR/agent.
    as_json
        Print the agent's answer as it is.

    """
    path = folders.agent(state_dir) / SOCKET
    try:
        answer = anyio.run(ask, path)
        found = msgspec.json.decode(answer, type=Status)
    except PermissionError:
        sys.stderr.write(
            f"forepost status: this user may not ask the agent at {path}: ask as the agent's user,"
            " or as root\n"
        )
        return 3
    except (OSError, TimeoutError, msgspec.MsgspecError) as error:
        reason = getattr(error, "strerror", "") or str(error) or f"nothing in {TIMEOUT_SEC:.0f} s"
        hint = "" if state_dir else " (of forepost up --data DIR: --state-dir DIR/agent)"
        sys.stderr.write(f"forepost status: no agent answers at {path}: {reason}{hint}\n")
        return 3
    if as_json:
        print(answer.decode().strip())
    else:
        _show(found)
    ill = found.problems or found.unsupported
    return 1 if ill or (found.microservices and found.microservices.problems) else 0


async def ask(path: Path) -> bytes:
    """What the agent says of itself. Raises OSError, TimeoutError."""
    answer = b""
    with anyio.fail_after(TIMEOUT_SEC):
        async with await anyio.connect_unix(path) as connection:
            async for data in connection:
                answer += data
    return answer


def _show(found: Status) -> None:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(overflow="fold")  # an address or a pin is of no use in part
    where = f"agent {found.agent_id} of workspace {found.workspace_id}"
    state = "connected" if found.connected else "not connected"
    if found.plain:
        state += ", not encrypted: whoever is on the way can read the agent's key"
    table.add_row(
        "agent", f"{escape(found.name)} ({where}), forepost {found.version}, pid {found.pid}"
    )
    table.add_row("controller", f"{escape(found.controller) or 'none'} ({state})")
    table.add_row("running", f"{found.probes} measurements since {found.started_at:%F %T} UTC")
    if (workloads := found.microservices) is not None:
        table.add_row("microservices", f"{workloads.running} of {workloads.wanted} run as wanted")
        for name, reason in workloads.problems.items():
            table.add_row("cannot run", f"{escape(name)}: {escape(reason)}")
    spool = found.spool
    table.add_row(
        "spool",
        f"{spool.pending} results waiting ({spool.bytes} bytes), "
        f"{spool.lost} lost, {spool.refused} refused"
        + (f", {spool.damaged} files were damaged" if spool.damaged else ""),
    )
    if backlog := _backlog(spool):
        table.add_row("backlog", backlog)
    table.add_row("clock", _clock(found.clock))
    for reason in found.unsupported:
        table.add_row("cannot run", escape(reason))
    for subject, reason in found.problems.items():
        table.add_row("problem", f"[bold red]{escape(subject)}[/]: {escape(reason)}")
    wide(Console()).print(table)


def _backlog(spool: SpoolStatus) -> str:
    """What waits from before the connection, and how long that takes; "" where nothing is late."""
    if spool.backlog_grows:
        return f"grows: more is measured than the line carries ({spool.backlog} results of before)"
    if not spool.backlog:
        return ""
    if spool.backlog_left_sec is None:
        return f"{spool.backlog} results"
    return f"{_duration(spool.backlog_left_sec)} left ({spool.backlog} results)"


def _duration(sec: float) -> str:
    minutes = math.ceil(sec / 60)
    if minutes <= 1:
        return f"{math.ceil(sec)} s"
    if minutes < LONG_MIN:
        return f"{minutes} min"
    return f"{minutes / 60:.0f} h"


def _clock(known: ClockReading) -> str:
    if known.offset_ms is None or known.bound_ms is None:
        said = "not compared with a controller's yet"
    else:
        side = "behind" if known.offset_ms > 0 else "ahead of"
        said = f"{abs(known.offset_ms):.1f} ms {side} the controller's, ± {known.bound_ms:.1f} ms"
    if known.stepped_ms:
        said += f"; set by {known.stepped_ms / 1e3:+.1f} s since the start"
    if known.suspended_sec:
        said += f"; the machine slept for {known.suspended_sec:.0f} s"
    return said
