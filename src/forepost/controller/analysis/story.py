"""Verdicts and incidents in the words of an analysis. Pure."""

from collections.abc import Mapping
from typing import Final

from forepost.wire.rest.analysis import (
    AnalysisFinding,
    AnalysisIncident,
    AnalysisSignal,
    Severity,
    StatusSummary,
)
from forepost.wire.rest.incidents import Incident
from forepost.wire.rest.topology import ProbeHealth, WorkspaceHealth

_SCOPES: Final = {"agent": "agent-specific", "target": "target-specific"}
_SEVERITY: Final[dict[str, Severity]] = {"degraded": "warning", "critical": "critical"}


def status_of(health: WorkspaceHealth, incidents: int) -> StatusSummary:
    verdict = health.verdict
    return StatusSummary(
        status="outage" if verdict.status == "critical" else verdict.status,
        message=verdict.reason or "Everything is fine.",
        active_issues=incidents,
    )


def incident_of(incident: Incident, names: Mapping[int, str]) -> AnalysisIncident:
    """`names`: of the agents."""
    agent = names.get(incident.agent_id or 0, "")
    scope = _SCOPES.get(incident.scope, "infrastructure")
    return AnalysisIncident(
        id=str(incident.id),
        title=incident.title,
        severity=incident.severity,
        scope=scope,  # type: ignore[arg-type]  # one of three
        suggested_cause=incident.cause_text,
        affected_agents=[agent] if agent else [],
        affected_targets=[incident.target] if incident.target else [],
        evidence=[f"{incident.open_alerts} of {incident.alerts} alerts are open"],
        recommendations=[],
    )


def signals_of(probe: ProbeHealth) -> list[AnalysisSignal]:
    severity = _SEVERITY.get(probe.status)
    if severity is None:
        return []
    said = f"since {probe.since.isoformat()}" if probe.since else "now"
    return [
        AnalysisSignal(
            type="verdict",
            severity=severity,
            title=probe.reason,
            evidence=f"{probe.type} is {probe.status} {said}",
            confidence=1.0,
        )
    ]


def findings_of(probe: ProbeHealth, rate_limited: int) -> list[AnalysisFinding]:
    """`rate_limited`: how many hops answer less than those behind them."""
    found = []
    if severity := _SEVERITY.get(probe.status):
        found.append(
            AnalysisFinding(
                id=f"verdict-{probe.probe_id}",
                title=f"{probe.type} is {probe.status}",
                severity=severity,
                category="performance",
                summary=probe.reason,
                evidence=[signal.evidence for signal in signals_of(probe)],
                recommended_steps=[],
            )
        )
    if rate_limited:
        found.append(
            AnalysisFinding(
                id=f"rate-limit-{probe.probe_id}",
                title="Routers that answer seldom",
                severity="info",
                category="measurement_artifact",
                summary=f"{rate_limited} hops answer less than those behind them: no loss",
                evidence=[],
                recommended_steps=[],
            )
        )
    return found
