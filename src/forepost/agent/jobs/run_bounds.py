"""How much is remembered of runs that have ended. Pure."""

from collections.abc import Collection, Iterable
from typing import Final

import msgspec

from forepost.agent.jobs.record import RunRecord
from forepost.wire.jobs.delivery import RunOutput

RECENT: Final = 100
"""Ends that the controller has and that are shown all the same."""
MOST_UNTOLD: Final = 2_000
"""Ends that no controller has; the oldest are forgotten beyond."""
WITH_OUTPUT: Final = 200
"""Of those, with all of their output."""
SHORT: Final = 2 << 10


class Surplus(msgspec.Struct, frozen=True):
    forget: list[RunRecord]
    """Of which it is enough to know how they ended."""
    shorten: list[RunRecord]
    """As they are to be, with less of their output."""


def surplus(records: Iterable[RunRecord], spared: Collection[str]) -> Surplus:
    """Return what is too much; `spared`: uids of which all is needed."""
    ends = sorted(
        (one for one in records if one.is_over and one.uid not in spared),
        key=lambda one: (one.ended_at or one.queued_at, one.run_id),
    )
    kept = [one for one in ends if one.is_kept]
    untold = [one for one in ends if not one.is_kept]
    return Surplus(
        forget=[*kept[:-RECENT], *untold[:-MOST_UNTOLD]],
        shorten=[
            msgspec.structs.replace(one, output=_shortened(one.output))
            for one in untold[-MOST_UNTOLD:-WITH_OUTPUT]
            if len(one.output.head) > SHORT or len(one.output.tail) > SHORT
        ],
    )


def _shortened(output: RunOutput) -> RunOutput:
    head, tail = output.head[:SHORT], output.tail[-SHORT:]
    gone = len(output.head) + len(output.tail) - len(head) - len(tail)
    return RunOutput(head=head, tail=tail, left_out_bytes=output.left_out_bytes + gone)
