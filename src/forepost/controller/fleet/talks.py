"""What a subject brings into the conversation with agents, beside results and documents."""

from collections.abc import Awaitable, Callable
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Protocol

from forepost.controller.fleet.store import Enrolled
from forepost.wire.uplink.messages import Hello
from forepost.wire.uplink.neffos import Frame

Say = Callable[[str], Awaitable[None]]
"""Sends one text to the agent; waits while the line takes nothing. Raises OSError."""


class Dialogue(Protocol):
    """A subject's part of one conversation with one agent, from its greeting to its end."""

    def met(self, hello: Hello) -> None:
        """Take note of an agent of ours; never called where the agent is NetWatcher's."""
        ...

    async def heard(self, frame: Frame, received: datetime) -> None:
        """Carry out one of the talk's events, and answer it.

        Called by the task that reads, which reads no further meanwhile. Raises msgspec's errors
        where the body is not what the event says: the agent is told so.
        """
        ...

    def due(self) -> None:
        """Note that there is news; `give` is called soon after. Never waits."""
        ...

    async def give(self) -> None:
        """Say what is due, or nothing. Called by the one task that sends what nobody asked for.

        Raises Unavailable where that cannot be known now: it stays due, and is tried again.
        """
        ...


class Talk(Protocol):
    """A subject that speaks with agents."""

    name: str
    """By which others say that there is news (`Roster.due`)."""
    events: AbstractSet[tuple[str, str]]
    """What it hears: namespace and event. Each event belongs to one talk."""

    def begin(self, agent: Enrolled, say: Say) -> Dialogue:
        """Begin one conversation."""
        ...
