"""`forepost config` and `forepost token`: what is set of this host's agent while it runs."""

from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter

from forepost.cli import folders
from forepost.cli.control import call
from forepost.cli.measure import complain, plain
from forepost.cli.microservices import DONE, NOT_DONE, Json, StateDir, carry_out
from forepost.wire.local import workloads as local

config = App(
    name="config",
    help="Show and change what `/v2/config` of the Local API sets. Exit status: 0 done, 1 not done,"
    " 3 no agent answers.",
)
token = App(name="token", help="The token of the Local API.")


@config.command
def get(
    key: Annotated[str, Parameter(help="One of the keys; without it all of them.")] = "",
    /,
    *,
    state_dir: StateDir = None,
    json: Json = False,
) -> int:
    """Show what is set, with the keys of `/v2/info`.

    Exit status: 0 done, 1 not done, 3 no agent answers.
    """
    return carry_out(_get(folders.agent(state_dir), key, as_json=json))


@config.command(name="set")
def set_(
    key: Annotated[str, Parameter(help="A key of `/v2/config`, such as log-level.")],
    value: Annotated[str, Parameter(allow_leading_hyphen=True)],
    /,
    *,
    state_dir: StateDir = None,
) -> int:
    """Set one key; it counts at once, and is kept over a restart.

    Exit status: 0 done, 1 not done, 3 no agent answers.
    """
    return carry_out(_set(folders.agent(state_dir), key, value))


@token.command
def rotate(*, state_dir: StateDir = None) -> int:
    """Have another token from now on; who has the old one is refused.

    Exit status: 0 done, 1 not done, 3 no agent answers.
    """
    return carry_out(_rotate(folders.agent(state_dir)))


async def _get(folder: Path, key: str, *, as_json: bool) -> int:
    found = await call(folder, local.CONFIG, {}, local.ShownConfig)
    shown = found.info
    if key:
        shown = {**shown, **found.set}
        if key in found.keys and key not in shown:
            complain(f"{key}: is not set")
            return NOT_DONE
        if key not in shown:
            complain(f"{key}: is none of {', '.join(sorted(shown))}")
            return NOT_DONE
        shown = {key: shown[key]}
    if as_json:
        print(msgspec.json.encode(shown).decode())
    elif key:
        print(plain(shown[key]))
    else:
        for name, value in sorted(shown.items()):
            print(f"{name:<36}{plain(value)}")
    return DONE


async def _set(folder: Path, key: str, value: str) -> int:
    shown = await call(folder, local.CONFIG, {}, local.ShownConfig)
    if key not in shown.keys:
        complain(f"{key}: is none of {', '.join(sorted(shown.keys))}")
        return NOT_DONE
    found = await call(folder, local.SET_CONFIG, {key: value}, local.ChangedConfig)
    for reason in found.refused.values():
        complain(f"{key}: {reason.strip()}")
    return NOT_DONE if found.refused else DONE


async def _rotate(folder: Path) -> int:
    found = await call(folder, local.ROTATE_TOKEN, {}, local.RotatedToken)
    print(f"the token is in {found.token_file}")
    return DONE
