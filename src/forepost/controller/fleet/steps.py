"""What follows from what an agent says."""

import msgspec

from forepost.wire.local.status import SpoolStatus
from forepost.wire.speedtests.queue import SpeedtestProgress, SpeedtestResult, SpeedtestServer
from forepost.wire.uplink.clock import ClockReading
from forepost.wire.uplink.groups import HaveGroups
from forepost.wire.uplink.messages import ProbePost, Refused
from forepost.wire.uplink.neffos import Frame


class Say(msgspec.Struct, frozen=True):
    """Send this text."""

    text: str


class GiveProbes(msgspec.Struct, frozen=True):
    """Send the list of probes in the manner of this namespace."""

    namespace: str


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
    version: str


class RunsList(msgspec.Struct, frozen=True):
    """The agent runs the list of this revision, except for these."""

    revision: str
    unsupported: list[str]


class Able(msgspec.Struct, frozen=True):
    """An agent of ours, what it can do, and which start of it this is (0: it does not say)."""

    capabilities: frozenset[str]
    boot: int = 0


class GiveSpeedtests(msgspec.Struct, frozen=True):
    """Send what is to be run now, which may be nothing."""


class ServersAre(msgspec.Struct, frozen=True):
    """The agent found these public servers for speed tests."""

    servers: list[SpeedtestServer]


class SpeedtestEnded(msgspec.Struct, frozen=True):
    """To be answered with RESULT_OK or `refusal` once its fate is known."""

    result: SpeedtestResult
    frame: Frame


class SpeedtestMoves(msgspec.Struct, frozen=True):
    """How far a test has come; nothing is answered."""

    progress: SpeedtestProgress


class AnswersSpeedtests(msgspec.Struct, frozen=True):
    """The port where the agent answers speed tests of others; 0: it does not."""

    port: int


class TimeAsked(msgspec.Struct, frozen=True):
    """To be answered at once with `time_is`."""

    number: int


class ClockIs(msgspec.Struct, frozen=True):
    """What the agent knows of its own clock now."""

    reading: ClockReading


class SpoolIs(msgspec.Struct, frozen=True):
    """How much waits in the agent's spool."""

    status: SpoolStatus


class HasGroups(msgspec.Struct, frozen=True):
    """Which address groups the agent has now."""

    have: HaveGroups


class PieceTaken(msgspec.Struct, frozen=True):
    """The agent has one more piece of a long message."""


class HangUp(msgspec.Struct, frozen=True): ...


Step = (
    Say
    | GiveProbes
    | Posted
    | Reported
    | VersionIs
    | RunsList
    | Able
    | GiveSpeedtests
    | ServersAre
    | SpeedtestEnded
    | SpeedtestMoves
    | AnswersSpeedtests
    | TimeAsked
    | ClockIs
    | SpoolIs
    | HasGroups
    | PieceTaken
    | HangUp
)
