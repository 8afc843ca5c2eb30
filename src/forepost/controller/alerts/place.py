"""Where an alert is: who measures, about what, on what it depends. Pure."""

import hashlib
from typing import Final, Literal

import msgspec

Scope = Literal["agent", "target", "site", "rule", "workspace"]

LINK: Final = "link:controller"
"""Of agents that went silent together."""
_LONGEST: Final = 64


class AlertPlace(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    reporter: int = 0
    """The agent that says it; 0: none."""
    about: int = 0
    """The agent that is measured towards, or that is not heard; 0: none."""
    target: str = ""
    probe_id: int = 0
    sites: tuple[str, ...] = ()
    """Label `site` of the probe and of the agent that it is about."""
    home: str = ""
    """Label `site` of the reporter."""
    parents: tuple[str, ...] = ()
    """Handles of all that it depends on, nearest first: `probe:12`, `agent:3`."""
    is_gateway: bool = False
    """The target is the reporter's own gateway."""
    is_named: bool = False
    """The target has to be looked up."""
    went_together: bool = False
    """One of many agents that went silent at about the same time."""

    @property
    def own(self) -> frozenset[str]:
        """What others would name to depend on it."""
        found = {f"probe:{self.probe_id}"} if self.probe_id else set()
        return frozenset(found | ({f"agent:{self.about}"} if self.about else set()))


def handle_of(probe_id: int | None, agent_id: int | None) -> str:
    """Of a probe, or else of an agent, as others name it to depend on it."""
    return f"probe:{probe_id}" if probe_id is not None else f"agent:{agent_id}"


def handles_of(place: AlertPlace) -> frozenset[str]:
    """What alerts of one incident have in common with each other, at least one of it."""
    found = {f"agent:{agent}" for agent in (place.reporter, place.about) if agent}
    found |= {_handle("site", site) for site in (*place.sites, place.home) if site}
    found |= {f"parent:{parent}" for parent in place.parents}
    found |= {f"parent:{own}" for own in place.own}
    if place.target:
        found.add(_handle("target", place.target))
    if place.went_together:
        found.add(LINK)
    return frozenset(found)


def rule_handle(rule_id: int, reporter: int = 0) -> str:
    """Of alerts that are one incident as their rule raises so many: everywhere, or at one agent."""
    return f"rule:{rule_id}:{reporter}" if reporter else f"rule:{rule_id}"


def scope_of(handles: frozenset[str]) -> Scope:
    """What an incident is about, the widest that all of it has in common first."""
    kinds = {handle.partition(":")[0] for handle in handles}
    if "link" in kinds:
        return "workspace"
    for kind, scope in _SCOPES:
        if kind in kinds:
            return scope
    return "workspace"


_SCOPES: Final[tuple[tuple[str, Scope], ...]] = (
    ("rule", "rule"),
    ("agent", "agent"),
    ("site", "site"),
    ("parent", "site"),
    ("target", "target"),
)


def _handle(kind: str, text: str) -> str:
    if len(text) > _LONGEST:
        text = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
    return f"{kind}:{text}"
