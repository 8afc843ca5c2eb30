"""What was measured, in the words of the contract. Pure."""

from datetime import datetime

from forepost.agent.edges.speed.process import Measured
from forepost.wire.probes.speedtest import SpeedDuration, SpeedFigures, SpeedtestPayload


def payload(
    measured: Measured, now: datetime, *, waited_ns: int = 0, line_idle: bool | None = None
) -> SpeedtestPayload:
    """A test that came to nothing has no figures, and an error."""
    if measured.place is None or measured.idle is None:
        return SpeedtestPayload(test_data=[], timestamp=now, error=measured.error)
    place, idle = measured.place, measured.idle
    durations = [leg.duration if leg else 0 for leg in (measured.download, measured.upload)]
    figures = SpeedFigures(
        url=place.url or f"tcp://{measured.remote}",
        lat=place.lat,
        lon=place.lon,
        name=place.name,
        country=place.country,
        sponsor=place.sponsor,
        id=place.id,
        host=measured.remote,
        latency=idle.median,
        max_latency=idle.max,
        min_latency=idle.min,
        jitter=idle.jitter,
        dl_speed=measured.download.bytes_per_sec if measured.download else 0.0,
        ul_speed=measured.upload.bytes_per_sec if measured.upload else 0.0,
        test_duration=SpeedDuration(
            ping=measured.ping_duration,
            download=durations[0],
            upload=durations[1],
            total=measured.ping_duration + sum(durations),
        ),
        idle=idle,
        download=measured.download,
        upload=measured.upload,
        waited=waited_ns,
        line_idle=line_idle,
    )
    return SpeedtestPayload(test_data=[figures], timestamp=now, error=measured.error)
