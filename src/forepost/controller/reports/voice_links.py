"""How calls over each link would have been: from the results of TRAFFICSIM."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from forepost.controller.reports.facts import VoiceHour, VoiceLink, VoiceProbe
from forepost.controller.series.port import ChartOf, Series
from forepost.wire.disclosure import public_target
from forepost.wire.rest.bodies import Line, Point

TYPE: Final = "TRAFFICSIM"
HOUR_SEC: Final = 3_600


async def links_of(
    series: Series,
    probes: Sequence[VoiceProbe],
    names: Mapping[int, str],
    span_us: tuple[int, int],
) -> list[VoiceLink]:
    """Those that have a MOS, the worst first."""
    found: list[VoiceLink] = []
    low_us, high_us = span_us
    for probe in probes:
        asked = ChartOf(stream=probe.id, from_us=low_us, to_us=high_us - 1, type=TYPE, as_one=True)
        whole = [one for one in (await series.chart(asked)).lines if _has_mos(one)]
        if not whole:
            continue
        by_hour = ChartOf(
            stream=probe.id, from_us=low_us, to_us=high_us - 1, type=TYPE, bucket_sec=HOUR_SEC
        )
        hours = {_key(one): one for one in (await series.chart(by_hour)).lines}
        found += [_link(probe, one, hours.get(_key(one)), names) for one in whole]
    return sorted(found, key=lambda link: link.mos)


def of_probe(links: Sequence[VoiceLink], probe_id: int) -> list[VoiceLink]:
    """Those of a probe, and those between the same agents the other way, whoever measures them."""
    own = [link for link in links if link.probe_id == probe_id]
    back = {(link.target_id, link.source_id) for link in own}
    return [link for link in links if link in own or (link.source_id, link.target_id) in back]


def _key(line: Line) -> tuple[int, str, int]:
    return line.agent_id, line.target, line.target_agent


def _has_mos(line: Line) -> bool:
    return bool(line.points) and line.points[0].mos is not None


def _link(probe: VoiceProbe, line: Line, hours: Line | None, names: Mapping[int, str]) -> VoiceLink:
    point = line.points[0]
    mos = point.mos or 1.0
    sent = point.count if point.sent is None else point.sent
    rtt = point.rtt_mean_ms or 0.0
    return VoiceLink(
        probe_id=probe.id,
        owner_id=probe.agent_id,
        source_id=line.agent_id,
        source=names.get(line.agent_id, ""),
        target_id=line.target_agent,
        target=names.get(line.target_agent) or public_target(line.target),
        mos=mos,
        mos_min=mos if point.mos_min is None else point.mos_min,
        rtt_ms=rtt,
        rtt_min_ms=point.rtt_min_ms or 0.0,
        rtt_max_ms=point.rtt_max_ms or 0.0,
        rtt_p50_ms=point.rtt_p50_ms or rtt,
        rtt_p95_ms=point.rtt_p95_ms or rtt,
        rtt_stddev_ms=point.rtt_stddev_ms or 0.0,
        jitter_ms=point.jitter_ms or 0.0,
        jitter_max_ms=point.jitter_max_ms or 0.0,
        loss_pct=point.loss_pct or 0.0,
        sent=sent,
        received=sent if point.received is None else point.received,
        rounds=point.count,
        hours=[] if hours is None else [_hour(one) for one in hours.points if one.mos is not None],
    )


def _hour(point: Point) -> VoiceHour:
    return VoiceHour(
        at=datetime.fromtimestamp(point.time, UTC),
        mos=point.mos or 1.0,
        rtt_ms=point.rtt_mean_ms or 0.0,
        jitter_ms=point.jitter_ms or 0.0,
        loss_pct=point.loss_pct or 0.0,
        rounds=point.count,
    )
