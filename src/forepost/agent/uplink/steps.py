"""What follows from what a controller says."""

import msgspec

from forepost.wire.speedtests.queue import AskedSpeedtest
from forepost.wire.uplink.clock import TimeIs
from forepost.wire.uplink.groups import GroupEntries
from forepost.wire.uplink.messages import Refused


class Say(msgspec.Struct, frozen=True):
    text: str


class Ready(msgspec.Struct, frozen=True):
    """Results may be sent now, `batch` at a time."""

    batched: bool
    shows_tests: bool = False
    """Whether the progress of a speed test is wanted."""
    tells_time: bool = False
    gives_groups: bool = False
    shows_spool: bool = False


class ProbesAre(msgspec.Struct, frozen=True):
    """The whole list that is wanted; `revision` "" where the controller gives none."""

    revision: str
    probes: list[msgspec.Raw]
    keys: dict[int, bytes] = {}


class Acked(msgspec.Struct, frozen=True):
    """What was sent last is kept, except for what is refused for good."""

    refused: list[Refused]


class TurnedAway(msgspec.Struct, frozen=True):
    """Not now; the text is the controller's."""

    reason: str


class Deactivated(msgspec.Struct, frozen=True):
    """The controller has removed this agent."""

    reason: str


class SpeedtestsAre(msgspec.Struct, frozen=True):
    """What the controller wants tested; some of it may have been asked for before."""

    tests: list[AskedSpeedtest]
    wrong: list[str] = []
    """Why others are not understood."""


class SpeedtestKept(msgspec.Struct, frozen=True):
    """The controller has this result, or does not want it for this reason."""

    queue_id: int
    refused: str = ""


class TimeWas(msgspec.Struct, frozen=True):
    """The answer to `ask_time`."""

    answer: TimeIs


class GroupsAre(msgspec.Struct, frozen=True):
    """All address groups that the controller wants."""

    revision: str
    groups: list[GroupEntries]


class MoveTo(msgspec.Struct, frozen=True):
    """The controller says that this is its address from now on."""

    url: str


Step = (
    Say
    | MoveTo
    | Ready
    | ProbesAre
    | Acked
    | TurnedAway
    | Deactivated
    | SpeedtestsAre
    | SpeedtestKept
    | TimeWas
    | GroupsAre
)
