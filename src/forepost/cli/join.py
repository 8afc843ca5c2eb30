"""`forepost join`: make this host an agent of a controller."""

import sys
from pathlib import Path
from typing import Annotated

import anyio
from cyclopts import Parameter
from cyclopts.validators import Number

import forepost
from forepost.agent.line import controller_address, why_not
from forepost.agent.node import Node
from forepost.agent.uplink.enroll import Refused, enroll
from forepost.agent.way import Way
from forepost.cli import folders
from forepost.kit import files
from forepost.kit.clock import SystemClock
from forepost.kit.http import Unreachable
from forepost.kit.pinning import as_pin
from forepost.kit.proxies import NONE, WrongProxy, proxy_of

Id = Annotated[int, Parameter(validator=Number(gte=1))]


def join(
    url: str,
    *,
    workspace: Id,
    agent: Id,
    pin: str,
    pin_sha256: str = "",
    allow_plain: Annotated[bool, Parameter(negative="")] = False,
    proxy: str = "",
    config: Path | None = None,
    state_dir: Path | None = None,
) -> int:
    """Trade the PIN of an agent for its key, and write the agent's settings.

    Exit status: 0 joined, 1 refused or out of reach, 2 wrong use.

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
    allow_plain
        Send the PIN and the key over http:// to another host, where anybody on the way reads them.
    proxy
        The way there, from this moment on: http://[USER:PASSWORD@]HOST:PORT, socks5:// or socks5h://;
        "none": no proxy. Without it the environment's proxy is used, now and by the agent.
    config
        The settings file to write.
    state_dir
        The folder that the agent keeps its key and its spool in.

    """
    config = config or folders.settings() / "agent.toml"
    state_dir = (state_dir or folders.state() / "agent").resolve()
    node = Node(
        name="",
        version=forepost.__version__,
        state_dir=files.private_folder(state_dir),
        started_at=SystemClock().now(),
        way=Way(proxy=proxy),
    )
    try:
        if proxy and proxy != NONE:
            proxy_of(proxy)
    except WrongProxy as error:
        return _fail(2, f"--proxy: {error}")
    try:
        url = controller_address(url)
    except ValueError as error:
        return _fail(2, str(error))
    try:
        pin_sha256 = as_pin(pin_sha256) if pin_sha256 else ""
    except ValueError as error:
        return _fail(2, f"--pin-sha256: {error}")
    if reason := why_not(url, allow_plain=allow_plain, pin_sha256=pin_sha256):
        return _fail(2, f"{reason} (--allow-plain)" if not pin_sha256 else reason)
    try:
        anyio.run(enroll, node, url, workspace, agent, pin, pin_sha256)
    except (Refused, Unreachable, OSError) as error:
        return _fail(1, str(error))
    more: dict[str, str | bool] = {"pin_sha256": pin_sha256} if pin_sha256 else {}
    if proxy:
        more["proxy"] = proxy
    if allow_plain:
        more["allow_plain"] = True
    write_settings(config, url, workspace, agent, state_dir, **more)
    print(f"joined {url} as agent {agent}; start it with: forepost agent --config {config}")
    return 0


def write_settings(
    path: Path, url: str, workspace: int, agent: int, state_dir: Path, **more: str | bool
) -> None:
    """`more`: further settings of `[uplink]`."""
    lines = [
        "[node]",
        f"state_dir = {_quoted(str(state_dir))}",
        "",
        "[uplink]",
        f"url = {_quoted(url)}",
        f"workspace_id = {workspace}",
        f"agent_id = {agent}",
    ]
    for key, value in more.items():
        lines.append(f"{key} = {_quoted(value) if isinstance(value, str) else 'true'}")
    files.replace(path, ("\n".join(lines) + "\n").encode(), mode=0o600)


def _quoted(text: str) -> str:
    """A TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _fail(status: int, text: str) -> int:
    sys.stderr.write(f"forepost join: {text}\n")
    return status
