"""What agent and controller say to each other on `/ws`, inside neffos frames.

Namespace `agent` is NetWatcher's own, one result a message. Namespace `forepost` is ours: results
in batches with an identity, acknowledged after the commit, and wanted documents with a revision.
"""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from forepost.wire.base import IdOrZero, Wire
from forepost.wire.uplink.clock import ClockReading

LOOK: Final = "forepost.look"
"""WebSocket subprotocol of who has an agent's key and only asks whether it would get an
acknowledgement: an empty `report` and its `report_ok`. No conversation of the agent ends by it."""
AGENT: Final = "agent"
FOREPOST: Final = "forepost"

REPORT: Final = "report"
WANT: Final = "want"
PAIRS: Final = "trafficsim-keys"
"""Authenticated TRAFFICSIM, by keys that come with the list of probes."""
SPEEDTEST: Final = "speedtest"
"""Progress of speed tests (agent), tests against other agents and the controller (both)."""
CLOCK: Final = "clock"
"""The agent learns how its clock stands to the controller's (wire/uplink/clock.py)."""
MOVE: Final = "move"
"""The controller may say that it has another address."""
SPOOL: Final = "spool"
"""The controller shows how much waits in the agent's spool (`spool_is`, wire/local/status.py)."""
CAPABILITIES: Final = (REPORT, WANT, PAIRS, SPEEDTEST, CLOCK, MOVE)
"""What this version can do; a side uses only what the other side named in its `hello`."""

MAX_BATCH: Final = 500
"""Results in one report at most."""
MAX_BATCH_BYTES: Final = 512 * 1024
"""Bytes of results in one report at most; a frame may be 1 MiB."""
MOST_REASONS: Final = 1_000
LONGEST_REASON: Final = 500
PRINTABLE: Final = r"^[!-~]*\Z"
"""Of revisions, which are kept and compared: ASCII without blanks."""

Moment = Annotated[datetime, Meta(tz=True)]
"""A time with its zone."""
ProbeKind = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[A-Z][A-Z0-9_]*\Z")]


class ProbePost(Wire, frozen=True, kw_only=True):
    """One result: the envelope of `probe_post`. The payload is stored as it came."""

    probe_id: IdOrZero = 0
    triggered: bool = False
    triggered_reason: Annotated[str, Meta(max_length=1_000)] = ""
    created_at: Moment
    type: ProbeKind
    payload: msgspec.Raw
    target: Annotated[str, Meta(max_length=2_000)] = ""
    target_agent: IdOrZero = 0
    source_ip: Annotated[str, Meta(max_length=64)] = ""
    source_interface: Annotated[str, Meta(max_length=64)] = ""


class Measured(ProbePost, frozen=True, kw_only=True):
    """A result as our own agent keeps it, and as our own namespace carries it."""

    clock: ClockReading | None = None
    """What the agent knew of its clock when it measured. Where `is_off` the time of the result is
    corrected by `offset_ms`: less it, it is what the agent's clock showed."""


class Result(Wire, frozen=True, kw_only=True):
    """A result in our own namespace: what was posted, and its number in the agent's spool."""

    seq: Annotated[int, Meta(ge=1)]
    post: msgspec.Raw
    """A Measured, opened one by one: one that is wrong never costs the others."""


class Report(Wire, frozen=True, kw_only=True):
    """Event `report`: results of one spool in rising order."""

    boot: Annotated[int, Meta(ge=1, le=2**63 - 1)]
    results: Annotated[list[Result], Meta(max_length=MAX_BATCH)]


class WholeResult(Result, frozen=True, kw_only=True):
    post: Measured  # type: ignore[assignment]


class WholeReport(Report, frozen=True, kw_only=True):
    """A report of which every result is as it should be, opened at once."""

    results: Annotated[list[WholeResult], Meta(max_length=MAX_BATCH)]  # type: ignore[assignment]


class Refused(Wire, frozen=True, kw_only=True):
    seq: int
    reason: str


class ReportOk(Wire, frozen=True, kw_only=True):
    """Event `report_ok`: everything up to `seq` is committed or refused for good."""

    boot: int
    seq: int
    refused: list[Refused] = []


class Hello(Wire, frozen=True, kw_only=True):
    """Event `hello`, once from each side, the agent first."""

    version: Annotated[str, Meta(max_length=64)]
    capabilities: Annotated[list[Annotated[str, Meta(max_length=64)]], Meta(max_length=100)] = []
    lost: int = 0
    """Results that the agent had to drop since it started (agent only)."""
    speedtest_port: Annotated[int, Meta(ge=0, le=65_535)] = 0
    """Where the agent answers speed tests of others; 0: nowhere (agent only)."""
    boot: Annotated[int, Meta(ge=0, le=2**63 - 1)] = 0
    """A random number of this start of the agent; 0: it does not say (agent only)."""


class Move(Wire, frozen=True, kw_only=True):
    """Event `move`, once in a conversation: the controller's address from now on."""

    url: Annotated[str, Meta(max_length=300, pattern=r"^https?://[A-Za-z0-9.:\[\]_-]+\Z")]


class Want(Wire, frozen=True, kw_only=True):
    """Event `want`: the whole list of probes, idempotent."""

    revision: str
    probes: list[msgspec.Raw]
    keys: dict[int, bytes] = {}
    """Of the pairs that this agent and others make, by the other's number."""


class Have(Wire, frozen=True, kw_only=True):
    """Event `have`: the revision that is running now, and what could not be run."""

    revision: Annotated[str, Meta(max_length=64, pattern=PRINTABLE)]
    unsupported: Annotated[
        list[Annotated[str, Meta(max_length=LONGEST_REASON)]], Meta(max_length=MOST_REASONS)
    ] = []
    """In words; what is about one probe begins with "probe ID: "."""


class Ok(Wire, frozen=True, kw_only=True):
    ok: bool = True


class Version(Wire, frozen=True, kw_only=True):
    version: Annotated[str, Meta(max_length=64)]
