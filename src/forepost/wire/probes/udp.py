"""UDP (a type of ours): does a service answer a datagram as it should, and how fast."""

from datetime import datetime
from typing import Final

from forepost.wire.base import Wire
from forepost.wire.probes import exchange
from forepost.wire.probes.cost import MEASUREMENT_PCT, Cost
from forepost.wire.probes.exchange import Awaited, AwaitedMatch, Said, check_exchange
from forepost.wire.probes.kind import Kind
from forepost.wire.probes.options import HostOptions


class UdpOptions(HostOptions, frozen=True, kw_only=True):
    """`count` datagrams (0: three), a second apart or closer, so that they fit in the interval."""

    send: Said = ""
    r"""What a datagram says, in UTF-8; \r \n \t \0 \\ and \xNN stand for one byte."""
    expect: Awaited = ""
    """What an answer must have in it, written as `send`; empty: any answer will do."""
    expect_match: AwaitedMatch = "contains"

    def __post_init__(self) -> None:
        if not self.send:
            raise ValueError("send: a service answers only where something is said to it")
        check_exchange(self.send, self.expect, self.expect_match)


class UdpResult(Wire, frozen=True, kw_only=True):
    """Datagrams and their answers. All times in ms; 0 where there was no answer."""

    start_timestamp: datetime
    stop_timestamp: datetime
    target: str
    remote_addr: str = ""
    """Address and port. Empty: nothing could be sent (an unknown name, no permission)."""
    dns_lookup_ms: float = 0.0
    attempts: int = 0
    answered: int = 0
    refused: int = 0
    """The host said that nobody listens (ICMP)."""
    timed_out: int = 0
    unreachable: int = 0
    """A router or this host said that there is no way."""
    unexpected: int = 0
    """There was an answer, and not the one that was expected."""
    loss_pct: float = 100.0
    """Datagrams without the answer that was expected, 0 to 100."""
    min_ms: float = 0.0
    max_ms: float = 0.0
    avg_ms: float = 0.0
    stddev_ms: float = 0.0
    """Of the whole population."""
    answers_ms: list[float | None] = []
    """Each datagram in its order; null for one that failed."""
    error: str = ""
    """Why datagrams failed, the last one if there are several."""


def _cost(options: UdpOptions) -> Cost:
    per_sec = 1 / options.interval_sec
    packets = (options.count or 3) * per_sec
    open_at_once = packets * options.timeout_sec
    regex_pct = 4.0 if options.expect_match == "regex" else 0.0
    return Cost(
        targets=1,
        measurements=per_sec,
        packets=packets,
        sockets=open_at_once,
        work_pct=MEASUREMENT_PCT * per_sec + (0.03 + regex_pct) * packets,
        memory_mib=(6 + 20 * open_at_once) / 1_024,
    )


KIND: Final = Kind(
    name="UDP",
    options=UdpOptions,
    result=UdpResult,
    cost=_cost,
    most_open=2_000,
    target="port",
    is_spaced=True,
    public=exchange.PUBLIC,
    secret=exchange.SECRET,
)
