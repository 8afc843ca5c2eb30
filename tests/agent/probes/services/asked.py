"""Asks a service once with real sockets, as a probe with these options does."""

from typing import Any

from forepost.agent.probes import PROBES
from forepost.kit.clock import SystemClock
from forepost.wire.probes import KINDS
from forepost.wire.probes.options import read_options
from tests.lab.peers import real_edges

TOLD: dict[str, Any] = {"interval_sec": 60, "timeout_sec": 2.0, "count": 0}


async def asked(kind: str, target: str, **options: Any) -> Any:
    """Return the result. Raises WrongOption."""
    of_kind = KINDS[kind]
    got = await PROBES[kind](
        read_options(of_kind.options, TOLD, options), target, SystemClock(), real_edges()
    )
    assert type(got) is of_kind.result
    return got
