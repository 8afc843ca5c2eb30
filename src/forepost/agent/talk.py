"""What a subject says to its controller, and hears of it, beside documents and results: talks."""

from collections.abc import Awaitable, Callable, Collection
from collections.abc import Set as AbstractSet
from typing import Protocol

import msgspec

from forepost.wire.uplink.neffos import Frame

Say = Callable[[Frame], Awaitable[None]]
"""Sends one frame; returns when the line has taken it. Raises what ends the conversation: a subject
lets that pass."""


class TooMuch(ValueError):
    """It is more than an agent takes; the text says what."""


class Dialogue(Protocol):
    """The part of one subject in one conversation; it ends with the conversation."""

    def heard(self, frame: Frame) -> None:
        """Take one event of those that the talk named; called in the order of their coming.

        It may be an error (`frame.is_error`): the answer to what was said. Returns at once: what
        takes time is done in `run`, or by a service. Raises msgspec.MsgspecError or TooMuch for
        what is not understood: the message is passed over, and counted.
        """
        ...

    async def run(self) -> None:
        """Say what there is to say by itself, at the beginning and on news, until cancelled.

        It may return where there is nothing (more) to say.
        """
        ...


class Talk(Protocol):
    """What one subject says to any controller, and hears of it; it lives as long as the agent."""

    @property
    def capabilities(self) -> Collection[str]:
        """What this agent's `hello` names for the subject, so that our controller speaks of it."""
        ...

    @property
    def events(self) -> Collection[tuple[str, str]]:
        """Namespace and name of each event that the subject hears; no other subject names it."""
        ...

    def begin(self, say: Say, able: AbstractSet[str]) -> Dialogue:
        """Begin a conversation: called when both sides have greeted each other.

        `able`: the capabilities that the controller named; none where it is NetWatcher's.
        """
        ...


def frame_of(namespace: str, event: str, body: object) -> Frame:
    """Return the frame that says `body` (a Struct, or a list of them) as JSON."""
    return Frame(namespace, event, msgspec.json.encode(body).decode())
