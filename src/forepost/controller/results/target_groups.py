"""Results of one agent, put together by what they are towards. Pure."""

from collections.abc import Iterable

import msgspec

from forepost.wire.rest.agent_results import TargetEntry, TargetGroup, TargetGroups
from forepost.wire.rest.bodies import ResultRow


def grouped(agent_id: int, rows: Iterable[ResultRow], lookback: int) -> TargetGroups:
    """`rows`: newest first; the target that said something last comes first."""
    by_target: dict[str, list[TargetEntry]] = {}
    for row in rows:
        target = row.target or named_in(row)
        entry = TargetEntry(
            created_at=row.created_at,
            probe_id=row.probe_id,
            type=row.type,
            payload=msgspec.Raw(bytes(row.payload)),
            target=target,
        )
        by_target.setdefault(target, []).append(entry)
    groups = [
        TargetGroup(target=target, count=len(entries), entries=entries)
        for target, entries in by_target.items()
    ]
    total = sum(group.count for group in groups)
    return TargetGroups(agent_id=agent_id, total=total, groups=groups, lookback=lookback)


class _Named(msgspec.Struct):
    """Where a payload says what it is towards."""

    target: str = ""
    url: str = ""
    addr: str = ""


def named_in(row: ResultRow) -> str:
    """NetWatcher's agent names the target of some types in the payload alone."""
    try:
        said = msgspec.json.decode(bytes(row.payload), type=_Named)
    except msgspec.MsgspecError:
        return ""
    return said.target or said.url or said.addr
