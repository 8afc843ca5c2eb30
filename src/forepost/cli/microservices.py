"""`forepost ms`: the microservices of this host's agent."""

import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, Final

import anyio
import msgspec
from cyclopts import App, Parameter
from rich.console import Console

from forepost.cli import folders
from forepost.cli.control import NoControl, NotDone, call, follow
from forepost.cli.measure import complain, plain
from forepost.cli.microservice_list import lines
from forepost.kit.clock import SystemClock
from forepost.wire.local import workloads as local
from forepost.wire.workloads.delivery import LogLine

DONE: Final = 0
NOT_DONE: Final = 1
NO_AGENT: Final = 3
STANDARD_INPUT: Final = "-"

ms = App(
    name="ms",
    help="Show and change what the agent of this host runs. Exit status: 0 done, 1 not done, 3 no"
    " agent answers.",
)

Name = Annotated[str, Parameter(help="Its uuid or its name.")]
StateDir = Annotated[
    Path | None,
    Parameter(help="The agent's folder; with `forepost up --data DIR` it is DIR/agent."),
]
Json = Annotated[bool, Parameter(name="--json", negative="", help="Print the answer as it is.")]


@ms.command
def ls(*, state_dir: StateDir = None, json: Json = False) -> int:
    """List the microservices that are wanted here, and how they are.

    Exit status: 0 done, 1 not done, 3 no agent answers.
    """
    return carry_out(_list(folders.agent(state_dir), as_json=json))


@ms.command
def logs(
    name: Name,
    /,
    *,
    follow: Annotated[
        bool,
        Parameter(
            name=["--follow", "-f"],
            negative="",
            help="Go on with what it writes, also after a restart of its container.",
        ),
    ] = False,
    tail: Annotated[int, Parameter(help="How many lines of before.")] = 100,
    times: Annotated[bool, Parameter(negative="", help="When each line was written.")] = False,
    state_dir: StateDir = None,
) -> int:
    """Print what a microservice wrote.

    Exit status: 0 done, 1 not done, 3 no agent answers.
    """
    wanted = local.LogsOf(name=name, tail=tail, follow=follow)
    return carry_out(_logs(folders.agent(state_dir), wanted, times=times))


@ms.command
def restart(name: Name, /, *, state_dir: StateDir = None) -> int:
    """Stop a microservice and start it again.

    Exit status: 0 done, 1 not done, 3 no agent answers.
    """
    return carry_out(
        _order(folders.agent(state_dir), local.RESTART, local.NamedMicroservice(name=name))
    )


@ms.command
def deploy(
    file: Annotated[
        str, Parameter(allow_leading_hyphen=True, help="A manifest (JSON); - reads it.")
    ],
    /,
    *,
    state_dir: StateDir = None,
) -> int:
    """Have this host run what a manifest says, with no controller: it is kept among its own.

    A uuid that is there already is replaced; without a uuid, the one of its name. Exits with 1
    where the rules of the site are against it: it is kept and does not run.
    """
    try:
        data = sys.stdin.buffer.read() if file == STANDARD_INPUT else Path(file).read_bytes()
        msgspec.json.decode(data)
    except OSError as error:
        complain(f"{file}: {error.strerror}")
        return NOT_DONE
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        complain(f"{file}: not JSON: {error}")
        return NOT_DONE
    manifest = local.DeployedManifest(manifest=msgspec.Raw(data))
    return carry_out(_deploy(folders.agent(state_dir), manifest))


@ms.command
def rm(name: Name, /, *, state_dir: StateDir = None) -> int:
    """End a microservice of this host's own folder. Its volumes stay.

    Exit status: 0 done, 1 not done, 3 no agent answers.
    """
    return carry_out(
        _order(folders.agent(state_dir), local.REMOVE, local.NamedMicroservice(name=name))
    )


def prune(*, state_dir: StateDir = None) -> int:
    """Remove the images that the agent pulled and that nobody needs any more.

    Exit status: 0 done, 1 not done, 3 no agent answers.
    """
    return carry_out(_prune(folders.agent(state_dir)))


def carry_out(does: Coroutine[Any, Any, int]) -> int:
    """Return the exit status; what went wrong is one line."""
    try:
        return anyio.run(lambda: does)
    except NoControl as error:
        complain(str(error))
        return NO_AGENT
    except NotDone as error:
        complain(str(error))
        return NOT_DONE


async def _list(folder: Path, *, as_json: bool) -> int:
    found = await call(folder, local.LIST, local.Nothing(), local.MicroserviceList)
    if as_json:
        print(msgspec.json.encode(found).decode())
        return DONE
    console = Console()
    width = console.width if console.is_terminal else None
    for line in lines(found.microservices, SystemClock().now(), width=width):
        print(line)
    if not found.engine.reachable:
        complain(f"the engine does not answer: {found.engine.problem}")
    for file, problem in found.problems.items():
        complain(f"{file}: {problem}")
    return DONE


async def _logs(folder: Path, wanted: local.LogsOf, *, times: bool) -> int:
    async for piece in follow(folder, local.LOGS, wanted, list[LogLine]):
        for line in piece:
            at = f"{line.at.isoformat()} " if times and line.at else ""
            where = sys.stderr if line.stream == "stderr" else sys.stdout
            where.write(f"{at}{plain(line.text)}\n")
        sys.stdout.flush()
    return DONE


async def _deploy(folder: Path, manifest: local.DeployedManifest) -> int:
    found = await call(folder, local.DEPLOY, manifest, local.DeployedAs)
    print(found.uuid)
    if found.refused:
        complain(f"it does not run: {found.refused}")
        return NOT_DONE
    return DONE


async def _order(folder: Path, verb: str, body: msgspec.Struct) -> int:
    await call(folder, verb, body, local.Nothing)
    return DONE


async def _prune(folder: Path) -> int:
    found = await call(folder, local.PRUNE, local.Nothing(), local.PrunedImages)
    print(f"{found.images} images removed, {found.bytes:,} bytes")
    return DONE
