"""`forepost groups`: the address groups of this host's agent."""

import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any, Final

import anyio
import msgspec
from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from forepost.cli.agent_socket import NO_AGENT, CommandRefused, Json, NoAgent, Socket, ask, found
from forepost.cli.measure import complain, plain
from forepost.cli.width import wide
from forepost.wire.flows.socket import GroupSummary, Tally

DONE: Final = 0
NOT_DONE: Final = 1
STANDARD_INPUT: Final = "-"
AT_ONCE: Final = 100_000
"""Entries of one request, which may have 16 MiB."""

groups = App(
    name="groups",
    help="Show and change this agent's address groups: flows are tagged with their names.",
)

Name = Annotated[str, Parameter(help="The group.")]
Address = Annotated[
    str,
    Parameter(
        allow_leading_hyphen=True,
        help="IPv4, IPv6 (both also with /PREFIX) or MAC; - reads them from standard input.",
    ),
]


@groups.command
def ls(*, socket: Socket = None, json: Json = False) -> int:
    """List all groups.

    Exit status: 0 done, 1 refused, 3 no agent answers.
    """
    return _run(socket, lambda path: _list(path, json=json))


@groups.command
def add(name: Name, /, *addresses: Address, socket: Socket = None) -> int:
    """Add addresses to a group, which is made where there is none.

    Exits with 1 where one could not be added: it is no address, or is there already.
    """
    return _run(socket, lambda path: _change(path, "add-group-address", name, addresses))


@groups.command
def rm(name: Name, /, *addresses: Address, socket: Socket = None) -> int:
    """Remove addresses from a group. Exits with 1 where one was not in it."""
    return _run(socket, lambda path: _change(path, "remove-group-address", name, addresses))


@groups.command
def flush(name: Name, /, *, socket: Socket = None) -> int:
    """Remove a group, also where it is kept.

    Exit status: 0 done, 1 refused, 3 no agent answers.
    """
    return _run(socket, lambda path: _order(path, "flush-group-addresses", name))


@groups.command
def save(name: Name, /, *, socket: Socket = None) -> int:
    """Keep a group over a restart of the agent.

    Exit status: 0 done, 1 refused, 3 no agent answers.
    """
    return _run(socket, lambda path: _order(path, "save-address-group", name))


def _run(socket: Path | None, does: Callable[[Path], Coroutine[Any, Any, int]]) -> int:
    try:
        return anyio.run(does, found(socket))
    except NoAgent as error:
        complain(str(error))
        return NO_AGENT
    except CommandRefused as error:
        complain(str(error))
        return NOT_DONE


async def _list(path: Path, *, json: bool) -> int:
    every = await ask(path, list[GroupSummary], command="list-address-groups")
    if json:
        for one in every:
            print(msgspec.json.encode(one).decode())
        return DONE
    table = Table("group", "entries", "kept", "from", box=None)
    for one in every:
        kept = "yes" if one.saved or one.origin != "local" else "no"
        table.add_row(*(Text(plain(c)) for c in (one.name, str(one.entries), kept, one.origin)))
    wide(Console()).print(table)
    return DONE


async def _change(path: Path, command: str, name: str, addresses: tuple[str, ...]) -> int:
    entries = list(addresses)
    if STANDARD_INPUT in entries:
        entries.remove(STANDARD_INPUT)
        entries += sys.stdin.read().split()
    errors = 0
    for at in range(0, max(1, len(entries)), AT_ONCE):
        part = entries[at : at + AT_ONCE]
        tally = await ask(path, Tally, command=command, group=name, data=part)
        errors += tally.errors
    if errors:
        complain(f"{errors} of {len(entries)}: no address, or {_already(command)}")
        return NOT_DONE
    return DONE


def _already(command: str) -> str:
    return "in the group already" if command.startswith("add") else "not in the group"


async def _order(path: Path, command: str, name: str) -> int:
    await ask(path, object, command=command, group=name)
    return DONE
