"""`forepost apply` and `forepost export`: a workspace as a document."""

import os
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import anyio
import msgspec
from cyclopts import Parameter
from cyclopts.validators import Number

from forepost.cli.document_values import Impossible, public
from forepost.cli.plan import Step, plan, unchanged
from forepost.cli.rest import Api, RestRefused
from forepost.cli.workspace_document import State
from forepost.cli.workspace_state import Workspace
from forepost.kit import files
from forepost.kit.http import Unreachable
from forepost.wire.base import complaint
from forepost.wire.rest.apply import Document

TOKEN: Final = "FOREPOST_TOKEN"  # noqa: S105 - the name of a variable
SIGNS: Final = {"create": "+", "change": "~", "delete": "-"}

Id = Annotated[int, Parameter(validator=Number(gte=1))]
Flag = Annotated[bool, Parameter(negative="")]
Url = Annotated[str, Parameter(env_var="FOREPOST_URL")]


class ApplyOptions(msgspec.Struct, frozen=True, kw_only=True):
    prune: bool
    secrets: bool
    dry_run: bool
    json: bool


def apply(
    *,
    file: Annotated[Path, Parameter(["--file", "-f"], allow_leading_hyphen=True)],
    workspace: Id,
    url: Url = "http://127.0.0.1:8080",
    prune: Flag = False,
    secrets: Flag = False,
    dry_run: Flag = False,
    json: Flag = False,
) -> int:
    """Make a workspace what a document says: agents, probes, address groups, microservices, jobs,
    rules.

    An API key of the workspace (or a token) is taken from the environment, FOREPOST_TOKEN. What is
    as it should be is left alone, so that a second run changes nothing.

    Exit status: 0 done, 1 refused or out of reach (what was done before stays), 2 wrong use.

    Parameters
    ----------
    file
        The document: YAML, or JSON. `-` is standard input.
    workspace
        Number of the workspace.
    url
        Address of the controller.
    prune
        Delete what has an external id and is not in the document.
    secrets
        Set the secrets of the document again: what they are now, nobody can see.
    dry_run
        Only say what would be done.
    json
        Say it as JSON, one object.

    """
    try:
        wanted = read(file)
        asked = ApplyOptions(prune=prune, secrets=secrets, dry_run=dry_run, json=json)
        return anyio.run(_apply, Workspace(_api(url), workspace), wanted, asked)
    except (OSError, Impossible) as error:
        if isinstance(error, Unreachable):
            return _fail("apply", 1, str(error))
        return _fail("apply", 2, str(error))
    except RestRefused as error:
        return _fail("apply", 1, str(error))


def export(
    *,
    workspace: Id,
    file: Annotated[Path | None, Parameter(["--file", "-f"])] = None,
    url: Url = "http://127.0.0.1:8080",
    adopt: Flag = False,
) -> int:
    """Write a workspace as the document that `forepost apply` takes, without secrets: they are
    `***`, which `apply` reads as "as it is".

    An API key of the workspace (or a token) is taken from the environment, FOREPOST_TOKEN.

    Exit status: 0 written, 1 refused or out of reach, 2 wrong use.

    Parameters
    ----------
    workspace
        Number of the workspace.
    file
        Where to; standard output without it.
    url
        Address of the controller.
    adopt
        Give objects without an external id the one that they have in the document, so that
        `forepost apply` knows them again.

    """
    try:
        state = anyio.run(_export, Workspace(_api(url), workspace), adopt)
    except (RestRefused, Unreachable, Impossible) as error:
        return _fail("export", 1, str(error))
    if state.nameless and not adopt:
        sys.stderr.write(
            f"{len(state.nameless)} objects have no external id yet (--adopt gives them one): "
            f"{', '.join(state.nameless[:5])}{' ...' if len(state.nameless) > 5 else ''}\n"
        )
    text = written(public(state.document))
    if file is None:
        sys.stdout.write(text)
    else:
        files.replace(file, text.encode(), mode=0o600)
    return 0


def read(path: Path) -> Document:
    """Raises OSError and Impossible."""
    data = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    try:
        return msgspec.yaml.decode(data, type=Document)
    except msgspec.ValidationError as error:
        raise Impossible(f"{path}: {complaint(error, Document)}") from None
    except msgspec.DecodeError as error:
        raise Impossible(f"{path}: {error}") from None


def written(document: Document) -> str:
    return msgspec.yaml.encode(document).decode()


async def _apply(workspace: Workspace, wanted: Document, asked: ApplyOptions) -> int:
    state = await workspace.read()
    steps = plan(state.document, wanted, prune=asked.prune, secrets=asked.secrets)
    done: list[Step] = []
    try:
        for step in steps:
            if not asked.dry_run:
                await workspace.carry_out(step, state)
            done.append(step)
            if not asked.json:
                print(_line(step))
    finally:
        _tell(workspace, wanted, state, done, as_json=asked.json)
    return 0


async def _export(workspace: Workspace, adopt: bool) -> State:
    state = await workspace.read()
    if adopt:
        await workspace.adopt(state)
    return state


def _tell(
    workspace: Workspace, wanted: Document, state: State, done: list[Step], *, as_json: bool
) -> None:
    same = unchanged(wanted, done)
    if as_json:
        steps: list[dict[str, Any]] = [
            {"verb": s.verb, "kind": s.kind, "id": s.id, "fields": list(s.fields)} for s in done
        ]
        told = {"steps": steps, "unchanged": same, "pins": workspace.pins}
        print(msgspec.json.encode(told).decode())
        return
    print(f"{len(done)} steps, {same} objects as they should be")
    for key, pin in workspace.pins.items():
        print(f"agent {key} is number {state.ids['agent', key]}; its PIN, shown this once: {pin}")


def _line(step: Step) -> str:
    about = f" ({', '.join(step.fields)})" if step.fields else ""
    return f"{SIGNS[step.verb]} {step.kind} {step.id}{about}"


def _api(url: str) -> Api:
    token = os.environ.get(TOKEN, "")
    if not token:
        raise Impossible(f"{TOKEN} is not set: it must hold an API key of the workspace")
    return Api(url, token)


def _fail(verb: str, status: int, text: str) -> int:
    sys.stderr.write(f"forepost {verb}: {text}\n")
    return status
