"""Time series behind one small port. Adapters: `sqlite.py` (embedded)."""

from collections.abc import Callable, Coroutine, Sequence
from datetime import tzinfo
from typing import Annotated, Any, Final, NamedTuple, Protocol

import msgspec

from forepost.wire.rest.bodies import Chart

ROW_BYTES: Final = 512
"""Of a row but for its texts."""


class Row(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One result as it is stored. Times are Unix microseconds."""

    identity: int
    """63 bits; with agent, probe, type, target and created_us the key that a result is stored by
    once, however often it is sent."""
    probe_id: int
    """0: a result of no probe (SYSINFO and NETINFO that every agent gives)."""
    probe_agent_id: int
    agent_id: int
    created_us: int
    received_us: int
    type: str
    payload: bytes
    """JSON, as it came."""
    target: str = ""
    target_agent: int = 0
    triggered: bool = False
    triggered_reason: str = ""
    rtt_ms: float | None = None
    """Median of the round where every RTT is known, else the mean."""
    rtt_min_ms: float | None = None
    rtt_max_ms: float | None = None
    jitter_ms: float | None = None
    loss_pct: float | None = None
    mos: float | None = None
    sent: int | None = None
    """Packets, or whatever is tried: one for what is tried once. None: the payload does not say,
    and the row counts as a round."""
    received: int | None = None
    rtts: bytes | None = None
    """Those of single packets (`packets.packed_round`). None: `rtt_ms` stands for each."""

    @property
    def stream(self) -> int:
        return stream_of(self.probe_id, self.agent_id)


def size_of(row: Row) -> int:
    """Bytes of a row in memory, nearly."""
    return ROW_BYTES + len(row.payload) + len(row.target)


def stream_of(probe_id: int, agent_id: int) -> int:
    """What rows are kept together by: the probe, or for results of no probe the agent, negated."""
    return probe_id or -agent_id


class Find(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows. A filter that is None admits everything; times are inclusive."""

    streams: Sequence[int]
    """The streams that the caller may see: tenancy is decided before the series are asked."""
    type: str | None = None
    agent_id: int | None = None
    probe_agent_id: int | None = None
    target_agent: int | None = None
    target_prefix: str | None = None
    triggered: bool | None = None
    from_us: int | None = None
    to_us: int | None = None
    received_from_us: int | None = None
    every_us: int = 0
    """Of each span of so many microseconds, counted from 1970, the newest row alone,
    newest first whatever `ascending` says; 0: all rows."""
    limit: int = 1_000
    most_bytes: int | None = None
    """More than these (`size_of`) are refused (Invalid): rows may have a megabyte each."""
    ascending: bool = False


Int64 = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
Natural = Annotated[int, msgspec.Meta(ge=0, le=(1 << 63) - 1)]
Key = tuple[Natural, Int64, Int64, Int64]
"""received_us, identity, line, created_us: the order of what came in time."""


class Place(msgspec.Struct, frozen=True, array_like=True):
    """What has been read: all up to here."""

    before: tuple[Annotated[int, msgspec.Meta(ge=-2, le=1 << 40)], Int64, Int64, Int64] | None
    """Day, line, created_us and identity in what there was before the log; None: all of it."""
    came: Key
    logged: Natural


class PageOf(msgspec.Struct, frozen=True, kw_only=True):
    """The next rows in the order in which they came."""

    streams: Sequence[int]
    after: Place | None = None
    """None: from the oldest on."""
    limit: int = 1_000
    most_bytes: int = 16 << 20
    """The page ends with the row that is past them."""


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    rows: list[Row]
    """By time of receipt and identity."""
    next: Place | None
    """None: `after` is not of this store, or of one that was put back to an earlier day."""


class ChartOf(msgspec.Struct, frozen=True, kw_only=True):
    """One stream between two times, in at most `points` buckets of whole seconds.

    Buckets are whole: the first and the last take in what is just outside the two times, so that
    a point does not change while the window moves over it.
    """

    stream: int
    from_us: int
    to_us: int
    points: int = 500
    bucket_sec: int = 0
    """Instead of `points`: how wide a bucket is; they begin at multiples of it."""
    zone: tzinfo | None = None
    """Whose days buckets of days are: as long as they are there."""
    type: str | None = None
    as_one: bool = False
    """All in one bucket, from the one time to the other."""


class Measured(NamedTuple):
    """The figures of a row, without its payload."""

    rtt_ms: float | None
    jitter_ms: float | None
    loss_pct: float | None
    mos: float | None
    sent: int | None


Judge = Callable[[str, Measured, Callable[[], bytes]], str]
"""Says how a result of a type is. The payload is read where it is asked for."""


class TraceOf(msgspec.Struct, frozen=True, kw_only=True):
    """How the lines of a stream were between two times, the second not included."""

    stream: int
    from_us: int
    to_us: int
    gap_us: Callable[[str], int]
    """Of a type: results farther from each other are in two runs."""
    judge: Judge
    """Called in another thread."""


class Run(NamedTuple):
    """Results that are alike, one after the other."""

    first_us: int
    last_us: int
    state: str
    results: int


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    agent_id: int
    type: str
    target: str
    target_agent: int
    runs: list[Run]


class SpreadOf(msgspec.Struct, frozen=True, kw_only=True):
    """What was usual in one stream between two times, whole hours."""

    stream: int
    from_us: int
    to_us: int
    share: float
    """Which percentile, from 0 to 1."""
    hours: Sequence[int] | None = None
    """Only these, counted from 1970 in UTC."""


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """How the values of one line lay. RTTs: of all packets. Loss: of that of each hour."""

    agent_id: int
    type: str
    target: str
    target_agent: int
    rtts: int
    """Results that have one."""
    rtt_mean_ms: float
    rtt_stddev_ms: float
    rtt_percentile_ms: float
    """Within 2 % of the true one, and the deviation within 2 % of the values; 0 without RTTs."""
    losses: int
    """Results that say a loss; the three below are 0 where there is none."""
    loss_mean: float
    loss_stddev: float
    loss_percentile: float
    hours: int = 0
    """How many hours have results."""


class Series(Protocol):
    """The time series of results: rows by line (stream, agents, type, target) and time."""

    def add(self, rows: Sequence[Row]) -> Coroutine[Any, Any, int]:
        """Store rows durably before returning; return how many were new.

        All or nothing: when it raises, none is stored and the caller may send all again. Raises
        `forepost.kit.errors.Unavailable` when the store cannot take rows now (a full disk, closed).
        """
        ...

    async def find(self, query: Find) -> list[Row]:
        """Rows by time, newest first unless `ascending`."""
        ...

    async def arrived(self, query: PageOf) -> Arrived:
        """A page of all rows of some streams. Whoever asks on with `next` gets each row once, also
        those that come late, and those that are stored meanwhile.
        """
        ...

    async def newest(self, streams: Sequence[int], *, from_us: int, to_us: int) -> list[Row]:
        """The newest row of each line that has one between the two times, in no order.

        Lines that an adapter keeps together for want of room count as one.
        """
        ...

    async def chart(self, query: ChartOf) -> Chart:
        """One line for each (agent, type, target)."""
        ...

    async def traces(self, query: TraceOf) -> list[Trace]:
        """One for each (agent, type, target) of a stream."""
        ...

    async def spread(self, query: SpreadOf) -> list[Spread]:
        """One for each (agent, type, target) that has results there."""
        ...

    async def forget(self, *, before_us: int) -> int:
        """Drop what is older, whole days at a time; return the number of days dropped."""
        ...

    async def thin(self, type_: str, *, before_us: int, received_before_us: int) -> int:
        """Delete results of no probe and of one type that were made and received before; whole
        days at a time. Return how many there were.
        """
        ...

    async def close(self) -> None:
        """Finish what is being written, and close; nothing is taken afterwards."""
        ...
