"""`forepost join`: make this host an agent of a controller."""

import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import anyio
import anyio.to_thread
import msgspec
from cyclopts import Parameter
from cyclopts.validators import Number

import forepost
from forepost.agent.line import controller_address, why_not
from forepost.agent.node import Identity, LostIdentity, Node
from forepost.agent.uplink.enroll import Refused, enroll, standing, unknown_at
from forepost.agent.uplink.provisioned import forget_provisioned
from forepost.agent.way import Way
from forepost.cli import agent_toml, folders
from forepost.cli.agent_toml import CannotEdit
from forepost.kit import files
from forepost.kit.clock import SystemClock
from forepost.kit.http import Unreachable
from forepost.kit.pins import as_pin
from forepost.kit.proxies import NONE, WrongProxy, proxy_of

JOINED: Final = 0
NOT_JOINED: Final = 1
USAGE: Final = 2
ANOTHER: Final = 3

Id = Annotated[int, Parameter(validator=Number(gte=1))]
Flag = Annotated[bool, Parameter(negative="")]


class NotJoined(Exception):
    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be when all is done."""

    node: Node
    asked: Identity
    """Without a PSK."""
    pin: str
    config: Path
    settings: str
    """What is to stand in `config`."""


def join(
    url: str,
    *,
    workspace: Id,
    agent: Id,
    pin: str = "",
    pin_sha256: str = "",
    ca_file: Path | None = None,
    proxy: str = "",
    allow_plain: Flag = False,
    dry_run: Flag = False,
    replace: Flag = False,
    config: Path | None = None,
    state_dir: Path | None = None,
) -> int:
    """Trade the PIN of an agent for its key, and write the agent's settings.

    Whoever was cut off does the same again: within the PIN's life this host is given the same key.
    Where this agent has a key that the controller knows, no PIN is used. Exit status: 0 joined,
    also where it was before; 1 refused or out of reach; 2 wrong use; 3 this host is another agent.

    Parameters
    ----------
    url
        Address of the controller, http(s)://host[:port].
    workspace
        Number of the workspace.
    agent
        Number of the agent.
    pin
        The PIN that the controller showed when the agent was made.
    pin_sha256
        SHA-256 of the public key of the controller's certificate, in hex. It alone says who the
        controller is, from this moment on; no certificate authority does.
    ca_file
        Certificate authorities (PEM) that say who the controller is, instead of the system's, for
        this line alone.
    allow_plain
        Send the PIN and the key over http:// to another host, where anybody on the way reads them.
    proxy
        The way there, from this moment on: http://[USER:PASSWORD@]HOST:PORT, socks5:// or socks5h://;
        "none": no proxy. Without it the environment's proxy is used, now and by the agent.
    dry_run
        Check all that can be checked without the PIN, and change nothing.
    replace
        Be this agent although this host is another one; its key is kept as identity.json.before.
    config
        The settings file to write. What is not about this line stays in it.
    state_dir
        The folder that the agent keeps its key and its spool in.

    """
    config = config or folders.settings() / "agent.toml"
    state_dir = folders.agent(state_dir).resolve()
    try:
        url, pin_sha256 = _line(url, pin_sha256, allow_plain=allow_plain)
        if proxy and proxy != NONE:
            proxy_of(proxy)
        asked = Identity(
            url=url,
            workspace_id=workspace,
            agent_id=agent,
            psk="",
            pin_sha256=pin_sha256,
        )
        more: dict[str, str | bool] = {
            "pin_sha256": pin_sha256,
            "ca_file": str(ca_file.resolve()) if ca_file else "",
            "allow_plain": allow_plain,
            "proxy": proxy,
        }
        wanted = _prepared(asked, pin, config, state_dir, more)
        said = anyio.run(_join, wanted, dry_run, replace)
    except NotJoined as error:
        return _fail(error.status, str(error))
    except WrongProxy as error:
        return _fail(USAGE, f"--proxy: {error}")
    except CannotEdit as error:
        return _fail(USAGE, str(error))
    except PermissionError as error:
        where = error.filename or error.filename2 or ""
        return _fail(
            NOT_JOINED,
            f"{where}: permission denied: run it as the agent's user, or as root; or give other"
            " places: --config, --state-dir",
        )
    except (Refused, Unreachable, OSError) as error:
        return _fail(NOT_JOINED, str(error))
    print(said)
    return JOINED


def _line(url: str, pin_sha256: str, *, allow_plain: bool) -> tuple[str, str]:
    """Address and pin as they are kept. Raises NotJoined."""
    try:
        url = controller_address(url)
    except ValueError as error:
        raise NotJoined(USAGE, str(error)) from None
    try:
        pin_sha256 = as_pin(pin_sha256) if pin_sha256 else ""
    except ValueError as error:
        raise NotJoined(USAGE, f"--pin-sha256: {error}") from None
    if reason := why_not(url, allow_plain=allow_plain, pin_sha256=pin_sha256):
        raise NotJoined(USAGE, f"{reason} (--allow-plain)" if not pin_sha256 else reason)
    return url, pin_sha256


def _prepared(
    asked: Identity, pin: str, config: Path, state_dir: Path, more: Mapping[str, str | bool]
) -> Wanted:
    """All that can fail without the controller, before it is asked. Raises CannotEdit, NotJoined,
    OSError.
    """
    where = asked.url, asked.workspace_id, asked.agent_id
    said = {key: value for key, value in more.items() if value}
    settings = agent_toml.planned(config, *where, state_dir, said)
    way = _way(settings)
    node = Node(
        name="",
        version=forepost.__version__,
        state_dir=files.private_folder(state_dir),
        started_at=SystemClock().now(),
        way=way,
    )
    files.try_place(config, len(settings))
    node.try_to_keep()
    return Wanted(node=node, asked=asked, pin=pin, config=config, settings=settings)


async def _join(wanted: Wanted, dry_run: bool, replace: bool) -> str:
    """What to tell the user. Raises NotJoined, Refused, Unreachable, OSError."""
    node, asked = wanted.node, wanted.asked
    found = _found(node)
    is_another = found is not None and _numbers(found) != _numbers(asked)
    if found is not None and is_another and not replace:
        raise NotJoined(
            ANOTHER,
            f"this host is {found.named} already ({node.state_dir}), and nothing was changed: give"
            " the other one a --state-dir and --config of its own, or say --replace",
        )
    await _go(node.way, asked)
    if found is not None and not is_another:
        here = msgspec.structs.replace(asked, psk=found.psk)
        if await _is_known(here, wanted):
            await _go(node.way, here)
            return _stay(here, found, wanted, dry_run=dry_run)
    if dry_run:
        return f"{asked.named} could join; the PIN was not tried"
    if not wanted.pin:
        raise NotJoined(USAGE, "--pin: this host has no key yet, so it needs a PIN")
    if is_another:
        node.copy_aside()
    identity = await enroll(node, asked, wanted.pin)
    _settle(wanted)
    try:
        await _go(node.way, identity)
    except NotJoined as error:
        raise NotJoined(NOT_JOINED, f"{identity.named} is joined, and yet: {error}") from None
    return f"joined {asked.url} as agent {asked.agent_id}; {_start(wanted)}"


async def _is_known(here: Identity, wanted: Wanted) -> bool:
    match await standing(wanted.node.way, here):
        case "removed":
            raise Refused(f"{here.url} has removed agent {here.agent_id}: make a new one there")
        case "unknown" if not wanted.pin:
            raise Refused(unknown_at(here.url))
        case "unknown":
            return False
        case "known":
            return True


def _stay(here: Identity, found: Identity, wanted: Wanted, *, dry_run: bool) -> str:
    """The key that is there is the right one; its controller may have another address now."""
    if dry_run:
        return f"this host is {here.named} already, and needs no PIN"
    if found != here:
        wanted.node.keep(here)
    _settle(wanted)
    return f"this host is {here.named} already, and no PIN was used; {_start(wanted)}"


def _settle(wanted: Wanted) -> None:
    """From now on the settings say who this agent is, whatever a provisioning key said before."""
    agent_toml.write(wanted.config, wanted.settings)
    forget_provisioned(wanted.node.state_dir)


def _way(settings: str) -> Way:
    """The way that the settings will have: a proxy, say, that a site wrote there before. Raises
    NotJoined.
    """
    try:
        way = msgspec.convert(tomllib.loads(settings)["uplink"], Way)
        way.context("")  # its files can be used
    except (msgspec.ValidationError, Unreachable) as error:
        raise NotJoined(USAGE, str(error)) from None
    return way


async def _go(way: Way, identity: Identity) -> None:
    """Go as an agent does: with a key up to an acknowledgement. Raises NotJoined, Unreachable."""
    walk = way.walk(
        identity.url, identity.pin_sha256, headers=identity.headers if identity.psk else {}
    )
    await anyio.to_thread.run_sync(walk.go)
    if walk.why_not:
        grant = f" ({walk.grant})" if walk.grant else ""
        raise NotJoined(NOT_JOINED, f"{identity.url}: {walk.why_not}{grant}")


def _start(wanted: Wanted) -> str:
    said = f"start it with: forepost agent --config {wanted.config}"
    way, url = wanted.node.way, wanted.asked.url
    if not way.proxy and (proxy := way.proxy_for(url)) is not None:
        said += (
            f"\nit went by the proxy {proxy} of this environment; the agent needs that in its own"
            " (a service has another), or in its settings: --proxy"
        )
    return said


def _found(node: Node) -> Identity | None:
    try:
        return node.proven_identity()
    except LostIdentity as error:
        sys.stderr.write(f"forepost join: {error}\n")
        return None


def _numbers(identity: Identity) -> tuple[int, int]:
    return identity.workspace_id, identity.agent_id


def _fail(status: int, text: str) -> int:
    sys.stderr.write(f"forepost join: {text}\n")
    return status
