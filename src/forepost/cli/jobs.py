"""`forepost jobs` and `forepost tag`: the jobs of this host's agent."""

import re
import sys
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cyclopts import App, Parameter
from rich.console import Console

from forepost.cli import folders
from forepost.cli.control import call, follow
from forepost.cli.job_list import detail, lines
from forepost.cli.measure import complain, plain
from forepost.cli.microservices import DONE, NOT_DONE, STANDARD_INPUT, Json, StateDir, carry_out
from forepost.wire.jobs.agent_api import Tag, Tags
from forepost.wire.local import jobs as local
from forepost.wire.local.workloads import Nothing

jobs = App(
    name="jobs",
    help="Show and change the jobs of this host's agent. Exit status: 0 done, 1 not done, 3 no"
    " agent answers.",
)

TAG_NAME: Final = re.compile(r"[A-Z0-9_]{1,100}")
Run = Annotated[str, Parameter(help="The number of a run, or the name of a job: its newest run.")]


@jobs.command
def ls(*, state_dir: StateDir = None, json: Json = False) -> int:
    """List the runs of this host, and the jobs that have a schedule.

    Exit status: 0 done, 1 not done, 3 no agent answers.
    """
    return carry_out(_list(folders.agent(state_dir), as_json=json))


@jobs.command
def show(run: Run, /, *, state_dir: StateDir = None, json: Json = False) -> int:
    """Show all of one run.

    Exit status: 0 done, 1 not done, 3 no agent answers.
    """
    return carry_out(_show(folders.agent(state_dir), local.NamedRun(run=run), as_json=json))


@jobs.command(name="run")
def begin(
    file: Annotated[str, Parameter(allow_leading_hyphen=True, help="A job (JSON); - reads it.")],
    /,
    *,
    state_dir: StateDir = None,
    json: Json = False,
) -> int:
    """Have this host run a job, with no controller; print the number of the run.

    It is taken at exit, and goes on by itself. A run of a job of the same name ends.
    Exit status: 0 taken, 1 not taken, 3 no agent answers.
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
    job = local.NewLocalRun(job=msgspec.Raw(data))
    return carry_out(_begin(folders.agent(state_dir), local.RUN, job, as_json=json))


@jobs.command
def pause(
    run: Annotated[str, Parameter(help="A run; without one, everything.")] = "",
    /,
    *,
    seconds: Annotated[
        float | None, Parameter(name="--for", help="Go on by itself after so many seconds.")
    ] = None,
    state_dir: StateDir = None,
) -> int:
    """Pause a run, or everything: transfers stop, no script begins; one that runs may end.

    Exit status: 0 done, 1 not done, 3 no agent answers.
    """
    if seconds is not None and seconds < 1:
        complain("--for: a second at least; without it the pause lasts until forepost jobs resume")
        return NOT_DONE
    wanted = local.PausedRun(run=run, seconds=seconds)
    return carry_out(_order(folders.agent(state_dir), local.PAUSE, wanted))


@jobs.command
def resume(
    run: Annotated[str, Parameter(help="A run; without one, everything.")] = "",
    /,
    *,
    state_dir: StateDir = None,
) -> int:
    """Go on with a run, or with everything that is not paused by itself.

    Exit status: 0 done, 1 not done, 3 no agent answers.
    """
    return carry_out(_order(folders.agent(state_dir), local.RESUME, local.PausedRun(run=run)))


@jobs.command
def retry(run: Run, /, *, state_dir: StateDir = None, json: Json = False) -> int:
    """Begin anew what this host itself began and did not finish; print the number of the new run.

    Exit status: 0 taken, 1 not taken, 3 no agent answers.
    """
    wanted = local.NamedRun(run=run)
    return carry_out(_begin(folders.agent(state_dir), local.RETRY, wanted, as_json=json))


@jobs.command
def cancel(run: Run, /, *, state_dir: StateDir = None) -> int:
    """End a run: a script with all that it began; of a transfer the files stay.

    Exit status: 0 done, 1 not done, 3 no agent answers.
    """
    return carry_out(_order(folders.agent(state_dir), local.CANCEL, local.NamedRun(run=run)))


@jobs.command
def confirm(run: Run, /, *, state_dir: StateDir = None) -> int:
    """Let a run go on that is held, such as for a folder from which much was deleted.

    Exit status: 0 done, 1 not done, 3 no agent answers.
    """
    return carry_out(_order(folders.agent(state_dir), local.CONFIRM, local.NamedRun(run=run)))


@jobs.command
def logs(
    run: Run,
    /,
    *,
    follow: Annotated[
        bool,
        Parameter(name=["--follow", "-f"], negative="", help="Until its script, or it, has ended."),
    ] = False,
    state_dir: StateDir = None,
) -> int:
    """Print what the script of a run wrote: its beginning and its end, where it was much; of a
    transfer or a folder what happened to files, and when.

    Exit status: 0 done, 1 not done, 3 no agent answers.
    """
    return carry_out(_logs(folders.agent(state_dir), local.OutputOf(run=run, follow=follow)))


def tag(
    *pairs: Annotated[str, Parameter(help="NAME=VALUE, the name in A-Z, 0-9 and _.")],
    state_dir: StateDir = None,
    json: Json = False,
) -> int:
    """Set tags of this host's agent, and print all of them.

    Exit status: 0 done, 1 not done, 3 no agent answers.
    """
    tags: list[Tag] = []
    for pair in pairs:
        name, found, value = pair.partition("=")
        if not found:
            complain(f"{pair}: NAME=VALUE is needed")
            return NOT_DONE
        if TAG_NAME.fullmatch(name) is None:
            complain(f"{name}: the name of a tag is of A-Z, 0-9 and _")
            return NOT_DONE
        tags.append(Tag(name=name, value=value))
    return carry_out(_tag(folders.agent(state_dir), local.TagsSet(tags=tags), as_json=json))


async def _list(folder: Path, *, as_json: bool) -> int:
    found = await call(folder, local.LIST, Nothing(), local.LocalRuns)
    if as_json:
        print(msgspec.json.encode(found).decode())
        return DONE
    console = Console()
    for line in lines(found, width=console.width if console.is_terminal else None):
        print(line)
    for file, problem in found.problems.items():
        complain(f"{file}: {problem}")
    return DONE


async def _show(folder: Path, wanted: local.NamedRun, *, as_json: bool) -> int:
    found = await call(folder, local.SHOW, wanted, local.LocalRunDetail)
    if as_json:
        print(msgspec.json.encode(found).decode())
        return DONE
    for line in detail(found):
        print(line)
    return DONE


async def _begin(folder: Path, verb: str, body: msgspec.Struct, *, as_json: bool) -> int:
    found = await call(folder, verb, body, local.TakenRun)
    print(msgspec.json.encode(found).decode() if as_json else found.run_id)
    return DONE


async def _order(folder: Path, verb: str, body: msgspec.Struct) -> int:
    await call(folder, verb, body, Nothing)
    return DONE


async def _logs(folder: Path, wanted: local.OutputOf) -> int:
    async for text in follow(folder, local.LOGS, wanted, str):
        sys.stdout.write("\n".join(plain(line) for line in text.split("\n")))
        sys.stdout.flush()
    return DONE


async def _tag(folder: Path, wanted: local.TagsSet, *, as_json: bool) -> int:
    found = await call(folder, local.TAG, wanted, Tags)
    if as_json:
        print(msgspec.json.encode(found).decode())
        return DONE
    for one in found.tags:
        print(f"{one.name}={plain(one.value)}")
    return DONE
