"""What a speed test is asked for and what comes of it; runs one in a process of its own.

A process, since filling a fast link takes all the time of an interpreter, and whoever measures
round trips beside it would wait. Its memory is what its streams' buffers take, and gone afterwards.
"""

import subprocess
import sys
from collections.abc import Callable
from typing import Final, Literal, Protocol

import anyio
import msgspec
from anyio.streams.buffered import BufferedByteReceiveStream

from forepost.kit.parent import bare
from forepost.wire.probes.speedtest import SpeedLatency, SpeedLeg

MOST_LINE: Final = 1 << 20
TRUST: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Of the environment: whom LibreSpeed servers may be certified by."""
MOST_STREAMS: Final = 32
CONNECT_SEC: Final = 5.0
"""For a server's name and address, for connecting, and for each word before the data."""

Way = Literal["download", "upload"]


class SpeedServer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Whom to test against: a responder of ours (`host`), or a LibreSpeed server (`url`)."""

    id: str = ""
    name: str = ""
    sponsor: str = ""
    country: str = ""
    lat: str = ""
    lon: str = ""
    host: str = ""
    port: int = 0
    ticket: str = ""
    secret: str = ""
    """What goes with the ticket, or without one the responder's token."""
    url: str = ""
    download: str = "garbage.php"
    """Below `url`, as the next two."""
    upload: str = "empty.php"
    ping: str = "empty.php"


class SpeedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """`places`: the nearest of them. `sec` and `most_bytes`: of each way."""

    places: list[SpeedServer]
    ways: tuple[Way, ...] = ("download", "upload")
    sec: float = 8.0
    streams: int = 4
    most_bytes: int = 10_000_000_000
    interface: str = ""
    allow: tuple[str, ...] = ()
    """Rules of cores/permission.py, as the next; without any everything is allowed."""
    deny: tuple[str, ...] = ()
    allow_link_local: bool = True


class Measured(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """`error`: why nothing, or not all of it, could be measured."""

    place: SpeedServer | None = None
    remote: str = ""
    """Address and port."""
    idle: SpeedLatency | None = None
    download: SpeedLeg | None = None
    upload: SpeedLeg | None = None
    ping_duration: int = 0
    """ns."""
    error: str = ""


class Progress(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    phase: Literal["waiting", "latency", "download", "upload"]
    part: float
    """Of the phase: 0 to 1."""
    bytes_per_sec: float = 0.0
    latency: int = 0
    """The last round trip, ns."""


Tell = Callable[[Progress], None]


class Speed(Protocol):
    """Measures how fast a line is, both ways."""

    async def measure(self, plan: SpeedPlan, tell: Tell) -> Measured:
        """Never raises for what network, server or host do: that is its `error`."""
        ...


class SpeedProcess:
    async def measure(self, plan: SpeedPlan, tell: Tell) -> Measured:
        most_sec = longest_sec(plan)
        with anyio.move_on_after(most_sec):
            return await _run(plan, tell)
        return Measured(error=f"not done in {most_sec:g} s")


def longest_sec(plan: SpeedPlan) -> float:
    """Each step of it has bounds of its own; this is for what nobody thought of."""
    return 20 + 6 * CONNECT_SEC + CONNECT_SEC * len(plan.places) + 2 * len(plan.ways) * plan.sec


async def _run(plan: SpeedPlan, tell: Tell) -> Measured:
    command = [sys.executable, "-P", "-m", "forepost.agent.edges.speed.program"]
    env = bare(TRUST)
    async with await anyio.open_process(command, env=env, stderr=subprocess.DEVNULL) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            await child.stdin.send(msgspec.json.encode(plan) + b"\n")
            lines = BufferedByteReceiveStream(child.stdout)
            while True:
                line = await lines.receive_until(b"\n", MOST_LINE)
                said = msgspec.json.decode(line, type=Progress | Measured)
                if isinstance(said, Measured):
                    return said
                tell(said)
        except (anyio.BrokenResourceError, anyio.IncompleteRead, anyio.EndOfStream):
            return Measured(error=f"the test's process ended with {await child.wait()}")
        finally:
            if child.returncode is None:
                child.kill()
