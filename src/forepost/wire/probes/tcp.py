"""TCP (a type of ours): can a port be connected to, does it answer as it should, and how fast."""

from datetime import datetime
from typing import Final

from forepost.wire.base import Wire
from forepost.wire.probes import exchange, secure
from forepost.wire.probes.cost import MEASUREMENT_PCT, Cost, of_connecting
from forepost.wire.probes.exchange import Awaited, AwaitedMatch, Said, check_exchange
from forepost.wire.probes.kind import Kind
from forepost.wire.probes.secure import SecureOptions


class TcpOptions(SecureOptions, frozen=True, kw_only=True):
    """`count` attempts (0: three), a second apart or closer, so that they fit in the interval."""

    send: Said = ""
    r"""What is said once it is connected, in UTF-8; \r \n \t \0 \\ and \xNN stand for one byte."""
    expect: Awaited = ""
    """What the answer must have in it, written as `send`; empty: any answer to what was said."""
    expect_match: AwaitedMatch = "contains"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_exchange(self.send, self.expect, self.expect_match)


class TcpResult(Wire, frozen=True, kw_only=True):
    """Attempts to connect. All times in ms; 0 where no attempt succeeded."""

    start_timestamp: datetime
    stop_timestamp: datetime
    target: str
    remote_addr: str = ""
    """Address and port. Empty: nothing could be sent (an unknown name, no permission)."""
    dns_lookup_ms: float = 0.0
    attempts: int = 0
    connected: int = 0
    refused: int = 0
    """The host said that nobody listens."""
    timed_out: int = 0
    unreachable: int = 0
    """A router or this host said that there is no way, or a firewall said no."""
    unexpected: int = 0
    """It was connected, and then TLS or the answer was not as it should be."""
    loss_pct: float = 100.0
    """Attempts that did not succeed, 0 to 100."""
    min_ms: float = 0.0
    max_ms: float = 0.0
    avg_ms: float = 0.0
    stddev_ms: float = 0.0
    """Of the whole population."""
    connects_ms: list[float | None] = []
    """To connect: each attempt in its order; null for one that failed, then or later."""
    tls_ms: list[float | None] = []
    """The handshake of each attempt, where there is one."""
    answers_ms: list[float | None] = []
    """From then to the answer of each attempt, where one is expected."""
    error: str = ""
    """Why attempts failed, the last one if there are several."""


def _cost(options: TcpOptions) -> Cost:
    per_sec = 1 / options.interval_sec
    connections = (options.count or 3) * per_sec
    each_pct = 0.03 + 0.8 * options.tls + 4.0 * (options.expect_match == "regex")
    packets = 4 + 6 * options.tls + 2 * bool(options.send or options.expect)
    work_pct = MEASUREMENT_PCT * per_sec + each_pct * connections
    return of_connecting(options, connections, packets, work_pct)


KIND: Final = Kind(
    name="TCP",
    options=TcpOptions,
    result=TcpResult,
    cost=_cost,
    most_open=2_000,
    target="port",
    is_spaced=True,
    public=secure.PUBLIC | exchange.PUBLIC,
    secret=secure.SECRET | exchange.SECRET,
)
