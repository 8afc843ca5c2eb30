"""The one verdict: how a line, a probe, a site, a workspace is now, and why, in words. Pure."""

from collections.abc import Sequence
from typing import Final

import msgspec

from forepost.controller.payloads.grade import Grade, of_network, percent_lost
from forepost.controller.topology.grades import NETWORK, WORSE, GradedFigures, worst
from forepost.controller.topology.recent import RecentGrades
from forepost.wire.rest.topology import Standing, Status

WINDOW_MIN: Final = 5
"""Minutes whose figures count for how a way is now."""
SILENT_TURNS: Final = 2
SILENT_SPARE_US: Final = 10_000_000
"""A result that is so long overdue is missing."""
MOST_NAMED: Final = 3
"""Sites in one sentence."""


class Verdict(msgspec.Struct, frozen=True, gc=False):
    status: Status
    reason: str = ""
    """Why it is not healthy; "" where it is."""
    since_us: int = 0
    """When it began; 0: not known."""


HEALTHY: Final = Verdict("healthy")


def overdue_us(due_us: int, gap_us: int) -> int:
    """Return how long after a result the next one is missing. `due_us`: how often one should
    come; `gap_us`: how long the last one took, for agents that keep an interval of their own.
    """
    return SILENT_TURNS * max(due_us, gap_us) + SILENT_SPARE_US


def of_results(kind: str, recent: RecentGrades, lately: GradedFigures) -> Verdict:
    """Return how a line is by its results. `lately`: the figures of the last minutes, without
    those of before an end of trouble.
    """
    newest = recent.newest
    if newest.status == "unknown":
        return Verdict("unknown", "its results do not say how it is")
    if recent.is_out:
        return Verdict("critical", newest.reason, recent.failed_since_us)
    if kind not in NETWORK:
        # Answers are right or wrong one by one: there is nothing to be averaged.
        if newest.failed:
            return Verdict("degraded", f"once: {newest.reason}", recent.failed_since_us)
        return Verdict(newest.status, newest.reason, _since(newest, recent))
    loss, rtt = lately.loss_pct, lately.rtt_ms
    usual = of_network(loss, rtt, percent_lost(loss))
    if not lately.results or (
        recent.is_bad and worst([usual.status, newest.status]) != usual.status
    ):
        usual = newest
    if usual.failed:
        return Verdict("degraded", f"once: {newest.reason}", recent.failed_since_us)
    return Verdict(usual.status, usual.reason, _since(usual, recent))


def _since(grade: Grade, recent: RecentGrades) -> int:
    return recent.over_us if grade.status == "healthy" else recent.bad_since_us


def joined(verdicts: Sequence[Verdict], what: str) -> Verdict:
    """Return how several are together: critical where all are, degraded where any is not healthy.
    `what` they are: "paths".
    """
    known = [one for one in verdicts if one.status != "unknown"]
    if not known:
        return (
            verdicts[0]
            if len(verdicts) == 1
            else Verdict("unknown", f"nothing is known of its {what}")
        )
    wrong = [one for one in known if one.status != "healthy"]
    if not wrong:
        return HEALTHY
    first = min(wrong, key=lambda one: (one.status != "critical", one.since_us))
    if len(known) == 1:
        return first
    status: Status = "critical" if all(one.status == "critical" for one in known) else "degraded"
    reason = f"{len(wrong)} of {len(known)} {what}: {first.reason}"
    return Verdict(status, reason, first.since_us)


def worst_of(verdicts: Sequence[tuple[str, Verdict]]) -> Verdict:
    """Return the worst of several, named where there are more than one."""
    name, found = max(verdicts, key=lambda one: (WORSE[one[1].status], -one[1].since_us))
    if len(verdicts) == 1 or not found.reason or not name:
        return found
    return msgspec.structs.replace(found, reason=f"{name}: {found.reason}")


def of_site(
    standing: Standing, seen_us: int, own: Sequence[Verdict], towards: Sequence[Verdict]
) -> Verdict:
    """Return how a site is. `own`: of its probes; `towards`: of those by which others measure
    towards it.
    """
    missed = bool(towards) and all(one.status == "critical" for one in towards)
    ways = f"{len(towards)} of {len(towards)} paths towards it fail"
    if standing == "unknown":
        return Verdict("unknown", "the agent was never heard of")
    if standing == "offline":
        return Verdict("critical", f"unreachable: {ways}" if missed else "not heard of", seen_us)
    if missed:
        status: Status = "degraded" if any(one.status == "healthy" for one in own) else "critical"
        return Verdict(status, f"unreachable: {ways}", min(one.since_us for one in towards))
    return joined(own, "probes") if own else Verdict("unknown", "nothing is measured there")


def of_workspace(sites: Sequence[tuple[str, Verdict]]) -> Verdict:
    """Return how all of it is, in one sentence, the worst first."""
    known = [site for site in sites if site[1].status != "unknown"]
    wrong = [site for site in known if site[1].status != "healthy"]
    if not known:
        return Verdict("unknown", "no agent was heard of")
    if not wrong:
        return HEALTHY
    wrong.sort(key=lambda site: (-WORSE[site[1].status], site[1].since_us, site[0]))
    told = "; ".join(f"{name}: {one.reason}" for name, one in wrong[:MOST_NAMED])
    if len(wrong) > MOST_NAMED:
        told += f"; and {len(wrong) - MOST_NAMED} more"
    rest = "." if len(wrong) == len(known) else ". Everything else is fine."
    worst_one = wrong[0][1]
    return Verdict(worst_one.status, told + rest, worst_one.since_us)
