"""Routes of alerts: of a person's workspaces, and of one workspace with its incidents."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from litestar import Request, Router, get, patch
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from forepost.controller.access.actor import happened_in
from forepost.controller.access.guard import RANK, SIGNED_IN, Caller, needs
from forepost.controller.alerts.query import AlertFilter
from forepost.controller.alerts.service import Alerting
from forepost.controller.page import Limit, Offset
from forepost.kit.clock import Clock
from forepost.kit.errors import Forbidden, Invalid, NotFound
from forepost.wire.base import MOST_ID
from forepost.wire.rest.alert_course import AlertEvent, AlertPatch
from forepost.wire.rest.alerts import Alert, AlertCount, AlertPage, AlertStatus, Severity
from forepost.wire.rest.bodies import Done, ListOf, Page
from forepost.wire.rest.incidents import Incident

RoleIn = Callable[[int, int], Awaitable[str]]
"""(workspace id, user id) -> role. Raises NotFound."""

OF_WORKSPACE: Final = "/workspaces/{workspace_id:int}/alerts"
INCIDENTS: Final = "/workspaces/{workspace_id:int}/incidents"
ONE: Final = "/alerts/{alert_id:int}"
CHANGES: Final = "USER"
"""Who may acknowledge and resolve."""

ProbeId = Annotated[int | None, QueryParameter(name="probeId", ge=1, le=MOST_ID)]
AgentId = Annotated[int | None, QueryParameter(name="agentId", ge=1, le=MOST_ID)]
RuleId = Annotated[int | None, QueryParameter(name="ruleId", ge=1, le=MOST_ID)]
Since = Annotated[str | None, QueryParameter(pattern=r"^[0-9]{1,18}$(?!\n)")]
IncidentId = Annotated[int | None, QueryParameter(name="incidentId", ge=1, le=MOST_ID)]


def routes(alerting: Alerting, role_in: RoleIn, clock: Clock) -> Router:
    async def change(scope: Any, caller: Caller, alert_id: int, patch: AlertPatch) -> Alert:
        alert = await alerting.alerts.one(caller.user_id, alert_id)
        role = await role_in(alert.workspace_id, caller.user_id)
        if RANK[role] < RANK[CHANGES]:
            raise Forbidden("insufficient permissions", required_role=CHANGES)
        happened_in(scope, alert.workspace_id)
        return await alerting.set_status(alert, patch, caller, clock.now())

    @get(["/workspaces/alerts", "/alerts"], opt=needs(SIGNED_IN))
    async def list_own(
        caller: NamedDependency[Caller],
        status: FromQuery[AlertStatus | None] = None,
        severity: FromQuery[Severity | None] = None,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[Alert]:
        """Of all workspaces of the caller, newest first."""
        only = AlertFilter(status=status, severity=severity)
        data, total = await alerting.alerts.of_caller(caller.user_id, only, limit, offset)
        return Page(data=data, total=total, limit=limit, offset=offset)

    @get(["/workspaces/alerts/count", "/alerts/count"], opt=needs(SIGNED_IN))
    async def count_own(caller: NamedDependency[Caller]) -> AlertCount:
        """How many are active: neither acknowledged nor resolved."""
        return AlertCount(count=await alerting.alerts.active(caller.user_id))

    @get(ONE, opt=needs(SIGNED_IN))
    async def get_alert(caller: NamedDependency[Caller], alert_id: FromPath[int]) -> Alert:
        return await alerting.alerts.one(caller.user_id, alert_id)

    @patch(ONE, opt=needs(SIGNED_IN, "alerts.update"))
    async def change_alert(
        request: Request[Any, Any, Any],
        caller: NamedDependency[Caller],
        alert_id: FromPath[int],
        data: JSONBody[AlertPatch],
    ) -> Alert:
        return await change(request.scope, caller, alert_id, data)

    @patch(ONE + "/acknowledge", opt=needs(SIGNED_IN, "alerts.acknowledge"))
    async def acknowledge(
        request: Request[Any, Any, Any], caller: NamedDependency[Caller], alert_id: FromPath[int]
    ) -> Done:
        await change(request.scope, caller, alert_id, AlertPatch(status="acknowledged"))
        return Done()

    @patch(ONE + "/resolve", opt=needs(SIGNED_IN, "alerts.resolve"))
    async def resolve(
        request: Request[Any, Any, Any], caller: NamedDependency[Caller], alert_id: FromPath[int]
    ) -> Done:
        await change(request.scope, caller, alert_id, AlertPatch(status="resolved"))
        return Done()

    return Router(
        "/",
        route_handlers=[list_own, count_own, get_alert, change_alert, acknowledge, resolve],
        tags=["alerts"],
    )


def workspace_routes(alerting: Alerting, clock: Clock) -> Router:
    async def one(workspace_id: int, alert_id: int) -> Alert:
        alert = await alerting.alerts.one_of(workspace_id, alert_id)
        if alert is None:
            raise NotFound("alert not found")
        return alert

    @get(OF_WORKSPACE, opt=needs("VIEWER"))
    async def list_alerts(
        workspace_id: FromPath[int],
        status: FromQuery[AlertStatus | None] = None,
        severity: FromQuery[Severity | None] = None,
        probe_id: ProbeId = None,
        agent_id: AgentId = None,
        rule_id: RuleId = None,
        incident_id: IncidentId = None,
        since: Since = None,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> AlertPage:
        """Newest first. With `since` those that were opened, changed or ended since the page whose
        `next` it is, in that order, each as it is now; `since=0` begins with the oldest.
        """
        only = AlertFilter(
            status=status,
            severity=severity,
            probe_id=probe_id,
            agent_id=agent_id,
            rule_id=rule_id,
            incident_id=incident_id,
        )
        if since is not None:
            if offset:
                raise Invalid("offset: not with since, which goes on by itself")
            data, total, then = await alerting.alerts.changed(workspace_id, int(since), only, limit)
            return AlertPage(data=data, total=total, limit=limit, offset=0, next=str(then))
        data, total = await alerting.alerts.in_workspace(workspace_id, only, limit, offset)
        return AlertPage(data=data, total=total, limit=limit, offset=offset)

    @get(OF_WORKSPACE + "/{alert_id:int}", opt=needs("VIEWER"))
    async def get_alert_of(workspace_id: FromPath[int], alert_id: FromPath[int]) -> Alert:
        return await one(workspace_id, alert_id)

    @patch(OF_WORKSPACE + "/{alert_id:int}", opt=needs("USER", "alerts.update"))
    async def change_alert_of(
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        alert_id: FromPath[int],
        data: JSONBody[AlertPatch],
    ) -> Alert:
        alert = await one(workspace_id, alert_id)
        return await alerting.set_status(alert, data, caller, clock.now())

    @get(OF_WORKSPACE + "/{alert_id:int}/history", opt=needs("VIEWER"))
    async def history_of(
        workspace_id: FromPath[int], alert_id: FromPath[int]
    ) -> ListOf[AlertEvent]:
        """What happened to it, in order: what was told over which channel, who did what."""
        return ListOf(data=await alerting.history.of(workspace_id, alert_id))

    @get(INCIDENTS, opt=needs("VIEWER"))
    async def list_incidents(
        workspace_id: FromPath[int],
        is_open: Annotated[bool | None, QueryParameter(name="open")] = None,
        limit: Limit = 50,
        offset: Offset = 0,
    ) -> Page[Incident]:
        """Alerts that began together, newest first; their alerts: `…/alerts?incidentId=`."""
        data, total = await alerting.incidents.of(
            workspace_id, is_open=is_open, limit=limit, offset=offset
        )
        return Page(data=data, total=total, limit=limit, offset=offset)

    @get(INCIDENTS + "/{incident_id:int}", opt=needs("VIEWER"))
    async def get_incident(workspace_id: FromPath[int], incident_id: FromPath[int]) -> Incident:
        return await alerting.incidents.get(workspace_id, incident_id)

    return Router(
        "/",
        route_handlers=[
            list_alerts,
            get_alert_of,
            change_alert_of,
            history_of,
            list_incidents,
            get_incident,
        ],
        tags=["alerts"],
    )
