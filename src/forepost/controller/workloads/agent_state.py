"""How one agent stands to one microservice, by what it said. Pure."""

from datetime import datetime
from typing import Final

import msgspec

from forepost.controller.workloads.placement import MicroserviceHead
from forepost.wire.workloads.delivery import MicroservicesReport, MicroserviceStatus
from forepost.wire.workloads.rest import WorkloadStanding

TAKES_NONE: Final = (
    "this agent runs no microservices: `workloads` is off there, or it is of another make"
)
AWAY: Final = "the agent is not connected"
ON_ITS_WAY: Final = "it is on its way to the agent"
NOT_REACHED: Final = "it runs the former manifest: the roll-out has not come to it yet"
NOT_SAID: Final = "the agent has not said yet what became of it"

_BAD_STATES: Final = frozenset({"FAILED", "STUCK_IN_RESTART"})


class AgentView(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an agent."""

    was_here: bool
    """It has said what it is."""
    takes: bool
    """It says that it runs microservices."""
    is_live: bool
    has_document: bool
    """It has said that it uses the document as it is now."""
    digests: frozenset[str] = frozenset()
    """Of the manifests in the document that it has, where that is an older one."""
    document_failed: bool = False
    problems: tuple[str, ...] = ()
    """Of the document."""
    report: MicroservicesReport | None = None
    said_at: datetime | None = None


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    state: WorkloadStanding
    reason: str = ""
    status: MicroserviceStatus | None = None
    said_at: datetime | None = None
    is_bad: bool = False
    """It was tried, and is no good."""
    is_live: bool = False
    can_run: bool = True
    """The agent runs microservices at all, and has room for this one."""


def standing(head: MicroserviceHead, agent_id: int, agent: AgentView) -> Standing:
    """Current only where the agent is known to run it as it is wanted now, healthy."""
    status = _status(head.uuid, agent)
    state, reason, is_bad = _judged(head, agent_id, agent, status)
    if state == "current" and head.is_former_on(agent_id):
        state, reason = "waiting", NOT_REACHED
    return Standing(
        state=state,
        reason=reason,
        status=status,
        said_at=agent.said_at if status is not None else None,
        is_bad=is_bad,
        is_live=agent.is_live,
        can_run=agent.takes or not agent.was_here,
    )


_Judged = tuple[WorkloadStanding, str, bool]


def _judged(
    head: MicroserviceHead, agent_id: int, agent: AgentView, status: MicroserviceStatus | None
) -> _Judged:
    if not agent.takes:
        return ("refused", TAKES_NONE, False) if agent.was_here else ("waiting", AWAY, False)
    if not agent.is_live:
        return "waiting", AWAY, False
    if not agent.has_document and head.on(agent_id).digest not in agent.digests:
        return "waiting", ON_ITS_WAY, False
    if agent.document_failed:
        return "refused", "; ".join(agent.problems) or "the agent could not use it", True
    mine = f"microservice {head.uuid}: "
    about = [text.removeprefix(mine) for text in agent.problems if head.uuid in text]
    if about:
        return "refused", "; ".join(about), True
    if agent.report is None:
        return "waiting", NOT_SAID, False
    if not agent.report.engine.reachable:
        why = agent.report.engine.problem
        return "waiting", f"the engine is not reachable{f': {why}' if why else ''}", False
    if status is None:
        return "waiting", NOT_SAID, False
    return _by_status(head.on(agent_id).fingerprint, status)


def _by_status(fingerprint: str, status: MicroserviceStatus) -> _Judged:
    runs_it = status.running == fingerprint
    tried = status.wanted == fingerprint
    if status.refused and tried and not runs_it:
        return "refused", status.problem or "the agent does not say why", True
    is_healthy = status.health in ("none", "healthy")
    if runs_it and status.state == "RUNNING" and is_healthy:
        return "current", "", False
    if not (tried or runs_it):
        return "waiting", ON_ITS_WAY, False
    is_bad = status.state in _BAD_STATES or (runs_it and status.health == "unhealthy")
    return "waiting", _words(status), is_bad


def _words(status: MicroserviceStatus) -> str:
    state = status.state.lower().replace("_", " ")
    if status.state == "PULLING" and status.percent:
        state += f" ({status.percent:.0f} %)"
    if status.state == "RUNNING":
        state = status.health
    return f"{state}: {status.problem}" if status.problem else state


def _status(uuid: str, agent: AgentView) -> MicroserviceStatus | None:
    if agent.report is None:
        return None
    for status in agent.report.microservices:
        if status.uuid == uuid and status.wanted_by == "controller":
            return status
    return None
