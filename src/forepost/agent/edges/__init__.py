"""The only sockets, files and processes of the agent."""

from collections.abc import Awaitable, Callable

import msgspec

from forepost.agent.edges.dialing import Dialer
from forepost.agent.edges.host import Host
from forepost.agent.edges.net import Net
from forepost.agent.edges.trace import Reverse, Trace

Whoami = Callable[[], Awaitable[str | None]]
"""Asks the controller which address it sees; None where it cannot be asked."""


Search = Callable[[str, bytes, float], Awaitable[bool]]
"""Whether a regular expression is found in a text (UTF-8), in so many seconds at most. Raises
`dialing.Failed`."""


class Edges(msgspec.Struct, frozen=True, kw_only=True):
    """What a probe may reach."""

    net: Net
    trace: Trace
    reverse: Reverse
    host: Host
    whoami: Whoami
    dialer: Dialer
    search: Search
