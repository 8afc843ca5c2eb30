"""What follows from what an agent says."""

import msgspec

from forepost.wire.local.status import SpoolStatus
from forepost.wire.uplink.clock import ClockReading
from forepost.wire.uplink.documents import HaveDocument
from forepost.wire.uplink.messages import Hello, ProbePost, Refused
from forepost.wire.uplink.neffos import Frame


class Say(msgspec.Struct, frozen=True):
    """Send this text."""

    text: str


class HangUp(msgspec.Struct, frozen=True):
    """End the conversation."""


class Posted(msgspec.Struct, frozen=True):
    """One result, to be answered with POSTED_OK or `refusal` once its fate is known."""

    post: ProbePost
    frame: Frame


class Reported(msgspec.Struct, frozen=True):
    """Numbered results of one boot, to be acknowledged together."""

    boot: int
    seq: int
    """The last number in the report."""
    posts: list[tuple[int, ProbePost]]
    refused: list[Refused]


class VersionIs(msgspec.Struct, frozen=True):
    """The agent's version, in NetWatcher's manner."""

    version: str


class Met(msgspec.Struct, frozen=True):
    """An agent of ours: its version, what it can do, which start of it this is."""

    hello: Hello


class ListAsked(msgspec.Struct, frozen=True):
    """The agent asks for its list of probes in NetWatcher's manner."""


class Has(msgspec.Struct, frozen=True):
    """Which revision of a document the agent has now."""

    have: HaveDocument


class TalkEvent(msgspec.Struct, frozen=True):
    """An event of a talk."""

    frame: Frame


class TimeAsked(msgspec.Struct, frozen=True):
    """To be answered at once with `time_is`."""

    number: int


class ClockIs(msgspec.Struct, frozen=True):
    """What the agent knows of its own clock now."""

    reading: ClockReading


class SpoolIs(msgspec.Struct, frozen=True):
    """How much waits in the agent's spool."""

    status: SpoolStatus


class PieceTaken(msgspec.Struct, frozen=True):
    """The agent has one more piece of a long message."""


Result = Posted | Reported
OfItself = VersionIs | Met | ClockIs | SpoolIs | TimeAsked
OfWanted = ListAsked | Has | PieceTaken | TalkEvent
Step = Say | HangUp | Result | OfItself | OfWanted
