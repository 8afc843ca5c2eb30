"""Which alert explains which, and why an incident is. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, get_args

import msgspec

from forepost.controller.alerts.metrics import NO_DATA
from forepost.controller.alerts.place import AlertPlace
from forepost.wire.rest.alerts import Severity
from forepost.wire.rest.incidents import Cause

FAILING: Final = frozenset({"failure", "offline", NO_DATA, "dns_query_failure", "http_status"})
"""Metrics of alerts that say that something is down, whatever their severity."""

SETTLING: Final = timedelta(minutes=2)
"""What another explained is told only when it is still so this long after that one's end."""

Explanation = Literal[
    "", "controller_link", "agent_gone", "parent", "gateway", "resolver", "same_site"
]
_RANK: Final = tuple(get_args(Explanation))


class OpenFact(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of an open alert."""

    id: int
    metric: str
    severity: Severity
    probe_type: str
    place: AlertPlace
    agent_name: str = ""
    name: str = ""
    """Of the probe."""
    told_by: frozenset[str] = frozenset()
    """Keys of the channels that tell it."""

    @property
    def is_down(self) -> bool:
        return self.severity == "critical" or self.metric in FAILING


def explains(cause: OpenFact, symptom: OpenFact) -> Explanation:
    """Why `symptom` is to be expected while `cause` is open; "": it is not.

    Whom a symptom is told to has to hear of the cause, as severe as that. What people have said to
    depend on something depends on it in any case.
    """
    here, there = cause.place, symptom.place
    if cause.is_down and _names(cause) & set(there.parents):
        return "parent"
    is_heard = symptom.told_by <= cause.told_by and (
        cause.severity == "critical" or symptom.severity == "warning"
    )
    if not is_heard:
        return ""
    if here.went_together and there.went_together:
        return "controller_link"
    if symptom.metric == "offline":
        return ""
    if cause.metric == "offline" and here.about in (there.about, there.reporter):
        return "agent_gone"
    if not (cause.is_down and symptom.is_down):
        return ""
    if _same_reporter(here, there):
        if here.is_gateway and not there.is_gateway:
            return "gateway"
        if _is_resolver(cause) and there.is_named and symptom.probe_type != "DNS":
            return "resolver"
    return "same_site" if _same_reporter(here, there) and _same_site(here, there) else ""


def cause_among(facts: Iterable[OpenFact], symptom: OpenFact) -> OpenFact | None:
    """The open alert that explains `symptom` best; None: it stands for itself."""
    found = [
        (_RANK.index(kind), fact.id, fact)
        for fact in facts
        if fact.id != symptom.id and (kind := explains(fact, symptom))
    ]
    return min(found, key=lambda one: one[:2])[2] if found else None


def explained_by(cause: OpenFact, facts: Iterable[OpenFact]) -> list[OpenFact]:
    """Open alerts that `cause`, which came later than they did, explains."""
    return [
        fact
        for fact in facts
        if fact.id != cause.id and explains(cause, fact) not in ("", "same_site", "controller_link")
    ]


def cause_of(facts: Sequence[OpenFact], reporters_towards: int) -> tuple[Cause, str]:
    """Why an incident is, in a word and in words, by what is open of it; ("", ""): not known.

    `reporters_towards`: how many agents measure towards the agent that all of it is about.
    """
    together = [fact for fact in facts if fact.place.went_together]
    if together:
        names = ", ".join(fact.agent_name for fact in together[:3])
        return "controller_link", (
            f"most agents went silent within a minute ({names} …):"
            " the controller's own connection may be what is down"
        )
    gone = next((fact for fact in facts if fact.metric == "offline"), None)
    if gone is not None:
        return "agent_gone", f"{gone.agent_name} is not heard"
    for fact in _likely(facts):
        for other in facts:
            kind = "" if other.id == fact.id else explains(fact, other)
            if kind in ("parent", "gateway", "resolver"):
                return kind, f"{_WORDS[kind]} {fact.name or fact.agent_name} is down"
    abouts = {fact.place.about for fact in facts if fact.is_down}
    if len(abouts) == 1 and 0 not in abouts:
        reporters = {fact.place.reporter for fact in facts if fact.is_down}
        if 2 <= reporters_towards <= len(reporters):
            return "site_unreachable", f"none of {len(reporters)} agents reaches it"
    return "", ""


class KnownCause(msgspec.Struct, frozen=True):
    """Why an incident is, or was."""

    cause: Cause
    text: str
    ended_at: datetime | None = None

    def after(self, cause: Cause, text: str, now: datetime) -> "KnownCause":
        """What is known when that is found. What was known stays when nothing is, as what is over;
        that nobody reaches a site may be what is left of it.
        """
        is_left = cause == "site_unreachable" and self.cause not in ("", cause)
        if cause and not (is_left and now < (self.ended_at or now) + SETTLING):
            return KnownCause(cause, text)
        if not self.cause or self.ended_at is not None:
            return self
        return KnownCause(self.cause, self.text, now)


def cause_key(cause: Cause, text: str) -> str:
    """What one cause is told once by: how many agents show it may be another number each time."""
    return cause if cause in ("site_unreachable", "controller_link") else text


def _likely(facts: Sequence[OpenFact]) -> list[OpenFact]:
    """Those that may explain others by what they are."""
    parents = {parent for fact in facts for parent in fact.place.parents}
    return [
        fact
        for fact in facts
        if fact.place.is_gateway or _is_resolver(fact) or not _names(fact).isdisjoint(parents)
    ]


_WORDS: Final[dict[Cause, str]] = {
    "parent": "what it depends on:",
    "gateway": "the gateway",
    "resolver": "the resolver",
}


def _names(fact: OpenFact) -> frozenset[str]:
    """What of it others depend on. That an agent is gone only its own silence says: what somebody
    measures towards it may be his own trouble, or made up.
    """
    if fact.metric == "offline":
        return frozenset({f"agent:{fact.place.about}"})
    return frozenset({f"probe:{fact.place.probe_id}"} if fact.place.probe_id else ())


def _same_reporter(one: AlertPlace, other: AlertPlace) -> bool:
    return bool(one.reporter) and one.reporter == other.reporter


def _is_resolver(fact: OpenFact) -> bool:
    return fact.probe_type == "DNS" and fact.metric in FAILING


def _same_site(one: AlertPlace, other: AlertPlace) -> bool:
    if one.about and one.about == other.about:
        return True
    return not set(one.sites).isdisjoint(other.sites) or not set(one.parents).isdisjoint(
        other.parents
    )
