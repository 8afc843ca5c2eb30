"""What follows from what a controller says."""

import msgspec

from forepost.agent.uplink.former_events import Event
from forepost.wire.uplink.clock import TimeIs
from forepost.wire.uplink.documents import WantDocument
from forepost.wire.uplink.messages import Refused
from forepost.wire.uplink.neffos import Frame


class Say(msgspec.Struct, frozen=True):
    text: str


class Ready(msgspec.Struct, frozen=True):
    """Both sides have greeted each other: results may be sent now."""

    able: frozenset[str] = frozenset()
    """The capabilities that the controller named; none where it is NetWatcher's."""


class Wanted(msgspec.Struct, frozen=True):
    """A part of a document that this agent takes, and by which event it came."""

    part: WantDocument
    event: Event


class Acked(msgspec.Struct, frozen=True):
    """What was sent last is kept, except for what is refused for good."""

    refused: list[Refused]


class TurnedAway(msgspec.Struct, frozen=True):
    """Not now; the text is the controller's."""

    reason: str


class Deactivated(msgspec.Struct, frozen=True):
    """The controller has removed this agent."""

    reason: str


class TalkFrame(msgspec.Struct, frozen=True):
    """An event that some talk of this agent hears."""

    frame: Frame


class TimeWas(msgspec.Struct, frozen=True):
    """The answer to `ask_time`."""

    answer: TimeIs


class MoveTo(msgspec.Struct, frozen=True):
    """The controller says that this is its address from now on."""

    url: str


Step = Say | MoveTo | Ready | Wanted | Acked | TurnedAway | Deactivated | TalkFrame | TimeWas
