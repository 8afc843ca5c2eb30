"""A type of probe, as far as agent and controller have to know the same of it."""

from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec

from forepost.wire.base import Wire
from forepost.wire.probes.cost import Cost
from forepost.wire.probes.options import Options

USUAL_INTERVAL_SEC: Final = 60

TargetForm = Literal["any", "host", "endpoint", "port", "url", "websocket url", "endpoint or url"]
"""A name or an address; with a port if need be (endpoint), always with one (port), or a URL."""


def as_it_is(metadata: Any) -> Any:
    return metadata


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    """As probe objects and results say it: `PING`."""
    options: type[Options]
    result: type[Wire]
    """The payload of a result."""
    cost: Callable[[Any], Cost]
    """Of one target, from its options."""
    most_open: int
    """Turns at once in an agent; whoever finds no place waits for one, in order. It is the start of
    a long list that meets it: what may be wanted at all is less (budget.py)."""
    interval_sec: int = USUAL_INTERVAL_SEC
    """Where the controller says 0."""
    floor_sec: int = 0
    """Where the controller says less."""
    is_targetless: bool = False
    """It measures the agent's own host, so that an empty list of targets is right."""
    target: TargetForm = "any"
    named_in: str = ""
    """The option that names what is measured, and goes before the targets."""
    is_spaced: bool = False
    """Its packets or attempts have a least distance (options.LEAST_GAP_SEC)."""
    told: frozenset[str] = frozenset()
    """Fields of the probe object that are options of this type only."""
    flat: Callable[[Any], Any] = as_it_is
    """Metadata in one level, where NetWatcher has more."""
    public: frozenset[str] = frozenset()
    """Its own options that anybody in the workspace may see."""
    secret: frozenset[str] = frozenset()
    """Those that are for whoever may change the probe."""
