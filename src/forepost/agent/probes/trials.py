"""Runs one probe once, now, as a controller asks. Whoever asks may be somebody else's controller by
now: what is asked is bounded, and refused where a probe of that form would be.
"""

from collections.abc import Callable

import anyio
import msgspec

from forepost.agent.cores.permission import Permission
from forepost.agent.edges.guarded import guarded
from forepost.agent.ports.edges import Edges
from forepost.agent.probes import PROBES
from forepost.agent.probes.measurements import measurements
from forepost.agent.probes.trafficsim.servers import is_server
from forepost.agent.probes.wanted import probes_of
from forepost.kit.clock import Clock
from forepost.wire.probes import TARGETLESS
from forepost.wire.probes.budget import admit
from forepost.wire.probes.cost import Cost
from forepost.wire.probes.options import Options
from forepost.wire.probes.probe import Probe
from forepost.wire.probes.trial import (
    LONGEST_SEC,
    MOST_BYTES,
    MOST_COUNT,
    MOST_TIMEOUT_SEC,
    TrialEnded,
    TrialWanted,
)

LONGEST_PROBLEM = 500


class TrialRefused(Exception):
    """It is not run; the text says why."""


class Trials:
    def __init__(
        self,
        edges: Edges,
        clock: Clock,
        permission: Permission,
        budget: Cost,
        is_quiet: Callable[[], bool],
    ) -> None:
        self._edges, self._clock = edges, clock
        self._permission, self._budget, self._is_quiet = permission, budget, is_quiet

    async def run(self, wanted: TrialWanted) -> TrialEnded:
        """Measure; what cannot be measured is a problem in words."""
        began_sec = self._clock.boottime()
        try:
            kind, target, options = self._accepted(wanted)
            payload = await self._measured(kind, target, options)
        except TrialRefused as refusal:
            return TrialEnded(request=wanted.request, problem=str(refusal)[:LONGEST_PROBLEM])
        took_ms = (self._clock.boottime() - began_sec) * 1e3
        return TrialEnded(request=wanted.request, payload=msgspec.Raw(payload), took_ms=took_ms)

    async def _measured(self, kind: str, target: str, options: Options) -> bytes:
        edges = guarded(self._edges, self._permission, kind)
        try:
            with anyio.fail_after(LONGEST_SEC):
                result = await PROBES[kind](options, target, self._clock, edges)
        except TimeoutError:
            raise TrialRefused(f"it took longer than {LONGEST_SEC} s") from None
        except Exception as error:  # noqa: BLE001 - no fault of a trial may end the conversation
            raise TrialRefused(f"{type(error).__name__}: {error}") from None
        payload = msgspec.json.encode(result)
        if len(payload) > MOST_BYTES:
            raise TrialRefused(f"a result of {len(payload):,} bytes; {MOST_BYTES:,} are the most")
        return payload

    def _accepted(self, wanted: TrialWanted) -> tuple[str, str, Options]:
        """Return type, target and options. Raises TrialRefused."""
        if self._is_quiet():
            raise TrialRefused("this agent measures nothing for now: it is paused")
        probes, wrong = probes_of([wanted.probe])
        if wrong:
            raise TrialRefused(wrong[0])
        (probe,) = probes
        self._check(probe)
        found, unsupported = measurements([probe])
        if unsupported or len(found) != 1:
            raise TrialRefused((unsupported or ["one target is needed"])[0])
        ((_, kind, target), what) = next(iter(found.items()))
        return kind, target, what.options

    def _check(self, probe: Probe) -> None:
        if is_server(probe):
            raise TrialRefused("a server is no trial")
        if probe.count > MOST_COUNT:
            raise TrialRefused(f"count: {MOST_COUNT} is the most")
        if probe.timeout_sec > MOST_TIMEOUT_SEC:
            raise TrialRefused(f"timeout_sec: {MOST_TIMEOUT_SEC} is the most")
        if probe.type in TARGETLESS and (why := self._permission.refusal_of_type(probe.type)):
            raise TrialRefused(why)
        _, no_room = admit([probe], self._budget)
        if no_room:
            raise TrialRefused(no_room[0])
