"""Questions to this host's agent over its Unix socket (`[socket]` in agent.toml)."""

from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import anyio
import msgspec
from cyclopts import Parameter

from forepost.agent import settings as agent_settings
from forepost.cli import folders
from forepost.kit.settings import WrongSettings
from forepost.wire.flows.socket import OK, Answer

TIMEOUT_SEC: Final = 30.0
NO_AGENT: Final = 3
SWITCH_ON: Final = (
    'switch it on: `path = "/run/forepost/agent.sock"` under `[socket]` in agent.toml'
)

T = TypeVar("T")

Socket = Annotated[
    Path | None,
    Parameter(
        name="--socket",
        help="The agent's Unix socket; without it that of agent.toml or FOREPOST_SOCKET__PATH.",
    ),
]

Json = Annotated[bool, Parameter(negative="", help="Print a JSON object a line.")]


class NoAgent(Exception):
    """The text says why, and what to do."""


class CommandRefused(Exception):
    """The agent's own words."""


def found(socket: Path | None) -> Path:
    """Raises NoAgent, where no socket is named."""
    if socket is not None:
        return socket
    config = folders.settings() / "agent.toml"
    try:
        named = agent_settings.read(config if config.exists() else None).socket.path
    except (WrongSettings, OSError) as error:
        raise NoAgent(f"{error}; name the socket with --socket") from None
    if not named:
        raise NoAgent(f"no socket is configured; {SWITCH_ON}, or name it with --socket")
    return Path(named)


async def ask(path: Path, kind: type[T], **request: Any) -> T:
    """The data of the answer. Raises NoAgent, Refused."""
    said = b""
    try:
        with anyio.fail_after(TIMEOUT_SEC):
            async with await anyio.connect_unix(path) as connection:
                await connection.send(msgspec.json.encode(request))
                await connection.send_eof()
                async for data in connection:
                    said += data
    except FileNotFoundError:
        raise NoAgent(f"{path}: there is no socket; does the agent run? else {SWITCH_ON}") from None
    except PermissionError:
        raise NoAgent(f"{path}: you may not use it: {_owner(path)}") from None
    except ConnectionRefusedError:
        raise NoAgent(f"{path}: no agent listens there any more") from None
    except TimeoutError:
        raise NoAgent(f"{path}: no answer came within {TIMEOUT_SEC:.0f} s") from None
    except OSError as error:
        raise NoAgent(f"{path}: {error}") from None
    try:
        answer = msgspec.json.decode(said, type=Answer)
        if answer.code != OK:
            raise CommandRefused(answer.message)
        return msgspec.convert(answer.data, kind)
    except msgspec.MsgspecError as error:
        raise NoAgent(f"{path}: what answers there is no agent of ours: {error}") from None


def _owner(path: Path) -> str:
    try:
        return f"it is for members of the group {path.group()}"
    except (OSError, KeyError):
        return "run as root, or see `group` under `[socket]` in agent.toml"
