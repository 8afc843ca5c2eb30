"""The only sockets, files and processes of the agent."""

from collections.abc import Awaitable, Callable

import msgspec

from forepost.agent.edges.host import Host
from forepost.agent.edges.net import Net

Whoami = Callable[[], Awaitable[str | None]]
"""Asks the controller which address it sees; None where it cannot be asked."""


class Edges(msgspec.Struct, frozen=True, kw_only=True):
    """What a probe may reach."""

    net: Net
    host: Host
    whoami: Whoami
