"""The document `probes`: the list of probes that a controller wants, and the keys of their pairs.

Whoever sends it may be somebody else's controller by now: what it asks is bounded.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from forepost.agent.document import DocumentRefused
from forepost.agent.probes.schedule import Scheduler
from forepost.agent.slices import Quiet
from forepost.wire.base import MOST_ID, IdOrZero
from forepost.wire.depth import MOST_DEEP, is_deep
from forepost.wire.probes.probe import Probe, ProbeTarget
from forepost.wire.uplink.documents import PROBES, ProbesPart
from forepost.wire.uplink.messages import LONGEST_REASON

MOST_BYTES: Final = 16 << 20
MOST_PROBES: Final = 20_000
MOST_TARGETS: Final = 10_000
LARGEST_PROBE: Final = 1 << 20
MOST_KEYS: Final = 10_000
LONGEST_KEY: Final = 64
LONGEST_SEC: Final = 366 * 86_400

Number = Annotated[int, Meta(ge=-MOST_ID, le=MOST_ID)]
Seconds = Annotated[int, Meta(ge=-MOST_ID, le=LONGEST_SEC)]


class BoundedTarget(ProbeTarget, frozen=True, kw_only=True):
    target: Annotated[str, Meta(max_length=2_000)] = ""
    agent_id: IdOrZero | None = None


class BoundedProbe(Probe, frozen=True, kw_only=True):
    id: IdOrZero
    agent_id: IdOrZero
    type: Annotated[str, Meta(max_length=32)]
    interval_sec: Seconds = 60
    timeout_sec: Annotated[int, Meta(ge=-MOST_ID, le=86_400)] = 10
    count: Number = 0
    duration_sec: Seconds = 0
    bind_interface: Annotated[str, Meta(max_length=64)] = ""
    targets: Annotated[list[BoundedTarget], Meta(max_length=MOST_TARGETS)] | None = None  # type: ignore[assignment] # narrower, and frozen


_part = msgspec.json.Decoder(ProbesPart)
_probe = msgspec.json.Decoder(BoundedProbe)


class WantedProbes:
    """A Document: runs the wanted list of probes on the scheduler.

    The list is kept as it came. So an agent that is replaced by a newer one runs what only that one
    understands, although nobody sends the list again.
    """

    name: Final = PROBES
    most_bytes: Final = MOST_BYTES

    def __init__(self, scheduler: Scheduler, rest: Quiet | None = None) -> None:
        """`rest`: while it is on, nothing of the list runs."""
        self._scheduler, self._rest = scheduler, rest
        self._resting: tuple[Sequence[Probe], Mapping[int, bytes], list[str]] = ((), {}, [])
        """The list, where it may have to rest."""
        if rest is not None:
            rest.follow(self._run)
        self.running = 0
        """Measurements: one for each probe, type and target; and each server."""
        self.unsupported: list[str] = []
        """What of the list cannot be run, in words."""

    async def apply(self, parts: Sequence[msgspec.Raw]) -> list[str]:
        """Run exactly the probes of this list from now on; return what cannot be run."""
        raws, keys = list_of(parts)
        probes, wrong = probes_of(raws)
        if self._rest is None:
            self._want(probes, keys, wrong)
        else:
            self._resting = (probes, keys, wrong)
            self._run()
        return self.unsupported

    def _run(self) -> None:
        probes, keys, wrong = self._resting
        is_on = self._rest is not None and self._rest.is_on
        self._want([] if is_on else probes, {} if is_on else keys, wrong)

    def _want(self, probes: Sequence[Probe], keys: Mapping[int, bytes], wrong: list[str]) -> None:
        self.unsupported = wrong + self._scheduler.want(probes, keys)
        self.running = self._scheduler.running


def list_of(parts: Sequence[msgspec.Raw]) -> tuple[list[msgspec.Raw], dict[int, bytes]]:
    """Return the probes and keys of all parts. Raises DocumentRefused, msgspec.ValidationError."""
    raws: list[msgspec.Raw] = []
    keys: dict[int, bytes] = {}
    for part in parts:
        found = _part.decode(part)
        raws += found.probes
        keys |= found.keys
        _check(raws, keys)
    return raws, keys


def _check(raws: Sequence[msgspec.Raw], keys: Mapping[int, bytes]) -> None:
    if len(raws) > MOST_PROBES:
        raise DocumentRefused(f"{len(raws):,} probes; {MOST_PROBES:,} are the most")
    if len(keys) > MOST_KEYS or any(len(key) > LONGEST_KEY for key in keys.values()):
        raise DocumentRefused(f"{MOST_KEYS:,} keys of {LONGEST_KEY} bytes are the most")


def probes_of(raws: Sequence[msgspec.Raw]) -> tuple[list[Probe], list[str]]:
    """Return the probes of a list, and why the rest of it is not taken.

    One by one: one that is wrong never costs the others.
    """
    probes: list[Probe] = []
    wrong: list[str] = []
    for raw in raws:
        data = bytes(raw)
        if len(data) > LARGEST_PROBE:
            wrong.append(f"a probe of {len(data):,} bytes: {LARGEST_PROBE:,} are the most")
        elif is_deep(data):
            wrong.append(f"a probe nested more than {MOST_DEEP} deep")
        else:
            try:
                probes.append(_probe.decode(data))
            except msgspec.ValidationError as error:
                said = str(error)[:LONGEST_REASON]
                wrong.append(f"a probe that is not understood: {said}")
    return probes, wrong
