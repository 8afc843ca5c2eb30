"""What a connection needs from the rest of the controller; `joins/fleet.py` gives it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

import msgspec

from forepost.controller.access.peer import Peers
from forepost.controller.fleet.given import Document
from forepost.controller.fleet.netwatcher_list import ReadProbes
from forepost.controller.fleet.reports import DocumentReports
from forepost.controller.fleet.roster import Roster
from forepost.controller.fleet.store import Enrolled
from forepost.controller.fleet.talks import Talk
from forepost.kit.clock import Clock
from forepost.wire.uplink.messages import ProbePost


class Numbered(msgspec.Struct, frozen=True):
    """A result and what it is known by: a number of our agent's spool, or nothing but itself."""

    post: ProbePost
    boot: int = 0
    seq: int = 0


Answer = Callable[[list[str]], None]
"""Takes a text for each result: "" if it is kept, or why it is refused."""


class Needs(msgspec.Struct, frozen=True):
    """What a connection needs from the rest of the controller; `joins/fleet.py` gives it."""

    roster: Roster
    peers: Peers
    clock: Clock
    version: str
    accept: Callable[[Enrolled, Sequence[Numbered], datetime, Answer], Awaitable[None]]
    """Calls the answer after the commit."""
    accept_now: Callable[[Enrolled, ProbePost, datetime, Callable[[str], None]], bool]
    """Accept one result without I/O, on the spot. False: it needs `accept`."""
    commits: Callable[[Enrolled], Awaitable[None]]
    """Returns when results of this agent would be committed now."""
    neighbours_changed: Callable[[int], Awaitable[None]]
    """What others share with this agent is other than before."""
    reports: DocumentReports
    probes: ReadProbes
    """What NetWatcher's agents are given."""
    documents: Sequence[Document] = ()
    """What agents of ours are given, each by its name."""
    talks: Sequence[Talk] = ()
    capabilities: Sequence[str] = ()
    """What this controller can do beside what all can."""
    move_to: str = ""
    """The address that agents are told to use; empty: what they have."""
