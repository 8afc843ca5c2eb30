"""Minutes of traffic for tests, as agents report them."""

from typing import Any

import msgspec

from forepost.controller.series.port import Row
from forepost.wire.flows.rollup import FLOWS, FlowMinute, Honesty, Named, Ranking, Talk, Talks
from forepost.wire.flows.rollup import Traffic as Sum

NIGHT = 1_767_225_600
"""2026-01-01T00:00:00Z, where fake clocks begin."""


def sums(size: int) -> Any:
    return {"bytes_in": size, "bytes_out": 2 * size, "packets_in": 3, "packets_out": 4, "flows": 1}


def minute(
    start: int, *talks: tuple[str, str, str, int], groups: tuple[str, ...] = (), rest: int = 0
) -> FlowMinute:
    """`talks`: device, application, remote, size. `rest`: what is in no list."""

    def ranking(place: int) -> Ranking:
        names = sorted({talk[place] for talk in talks})
        return Ranking(top=[Named(name=str(name), **of(place, name)) for name in names])

    def of(place: int, name: object) -> Any:
        found = [sums(talk[3]) for talk in talks if talk[place] == name]
        return {key: sum(one[key] for one in found) for key in sums(0)}

    every = [sums(talk[3]) for talk in talks] + ([sums(rest)] if rest else [])
    total = {key: sum(one[key] for one in every) for key in sums(0)}
    return FlowMinute(
        minute=start,
        interfaces=["cable"],
        total=Sum(**total),
        devices=ranking(0),
        applications=ranking(1),
        remotes=ranking(2),
        groups=[Named(name=name, **total) for name in groups],
        talks=Talks(
            top=[
                Talk(device=d, application=a, remote=r, groups=list(groups), **sums(size))
                for d, a, r, size in talks
            ]
        ),
        honesty=Honesty(
            packets=100, bytes=10_000, missed=5, refused_packets=2, lost=1, gap_sec=0.5
        ),
    )


def row(of: FlowMinute, *, agent_id: int = 1, identity: int = 1, late_sec: int = 61) -> Row:
    return Row(
        identity=identity,
        probe_id=0,
        probe_agent_id=agent_id,
        agent_id=agent_id,
        created_us=of.minute * 1_000_000,
        received_us=(of.minute + late_sec) * 1_000_000,
        type=FLOWS,
        payload=msgspec.json.encode(of),
    )
