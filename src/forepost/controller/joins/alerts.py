"""Joins alerts to results, agents, panels and whatever carries their notices away."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial

from forepost.controller.alerts import api, parents_api, route_api, rule_api, window_api
from forepost.controller.alerts.metrics import OF_JOBS, OF_WORKLOADS
from forepost.controller.alerts.notice_of_alert import notice_of
from forepost.controller.alerts.parents import Parents
from forepost.controller.alerts.preview import RulePreviews
from forepost.controller.alerts.route_store import RouteStore
from forepost.controller.alerts.service import Alerting, AlertingNeeds, frame_of
from forepost.controller.alerts.timers import StateFigures
from forepost.controller.fleet.presence import standing
from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core
from forepost.controller.joins.metrics import Figure
from forepost.controller.joins.workloads import WorkloadsJoin
from forepost.controller.notify import api as notify_api
from forepost.controller.notify import channel_api, template_api
from forepost.controller.notify.channel_store import ChannelStore
from forepost.controller.notify.destinations import Destinations
from forepost.controller.notify.senders import Senders
from forepost.controller.notify.template_store import TemplateStore
from forepost.controller.pipeline import Follower
from forepost.kit.errors import NotFound
from forepost.wire.rest.notify import Notice, NoticeEvent


async def build(core: Core) -> Built:
    """Raises WrongSettings."""
    settings, clock, public_url = core.settings, core.clock, core.settings.http.public_url
    senders = Senders.of(
        core.db, core.outbox, settings, clock, core.settled, core.route, core.store_id
    )
    destinations = Destinations(allow_private=settings.alerts.allow_private_targets)
    alerting = Alerting.of(
        AlertingNeeds(
            db=core.db,
            series=core.series,
            clock=clock,
            health=core.health,
            put=core.outbox.put,
            redirect=core.outbox.redirect,
            withdraw=core.outbox.withdraw,
            acceptable=destinations.acceptable,
            tell=lambda event, alert: core.hub.announce(alert.workspace_id, frame_of(event, alert)),
            last_seen=core.roster.last_seen,
            is_away=lambda agent_id: _is_away(core, agent_id),
            addresses_of=lambda agent_id: _addresses(core, agent_id),
            has_twin=lambda agent_id: core.roster.conflict_of(agent_id) is not None,
            states=partial(_states, core),
            panel_url=public_url,
            check_sec=settings.alerts.check_sec,
            baseline_sec=settings.alerts.baseline_sec,
        )
    )
    await alerting.load()
    core.workspace_watchers.append(alerting.reload)
    channels = ChannelStore(core.db, core.outbox, destinations.acceptable)
    return Built(
        routers=[
            notify_api.routes(
                core.db, core.outbox, senders.store, alerting.channels_of, clock, public_url
            ),
            route_api.routes(RouteStore(core.db), clock),
            channel_api.routes(
                core.db,
                core.outbox,
                channels,
                senders.store,
                alerting.channel_changed,
                clock,
                public_url,
            ),
            template_api.routes(
                TemplateStore(core.db), partial(_notice_of, alerting, public_url), clock, public_url
            ),
            api.routes(alerting, core.access.access.role_in, clock),
            api.workspace_routes(alerting, clock),
            rule_api.routes(alerting, RulePreviews(alerting.store, core.series, clock), clock),
            window_api.routes(alerting, clock),
            window_api.mute_routes(alerting, clock),
            parents_api.routes(Parents(core.db), clock),
        ],
        services={**alerting.services, "deliveries": senders.worker.run},
        followers=[Follower(alerting.consider)],
        figures=_figures(alerting, senders),
    )


async def _notice_of(
    alerting: Alerting, panel_url: str, workspace_id: int, alert_id: int
) -> Notice:
    """What would be told of this alert alone. Raises NotFound."""
    alert = await alerting.alerts.one_of(workspace_id, alert_id)
    if alert is None:
        raise NotFound("alert not found")
    event: NoticeEvent = "triggered" if alert.resolved_at is None else "resolved"
    return notice_of(alert, event, seq=1, panel_url=panel_url)


def _is_away(core: Core, agent_id: int) -> bool:
    """Not connected, or not heard of though it is."""
    seen = core.roster.last_seen(agent_id)
    return not core.roster.is_live(agent_id) or standing(seen, core.clock.now()) == "offline"


def _addresses(core: Core, agent_id: int) -> tuple[str, Sequence[str]]:
    """See `alerts.aims.AddressesOf`."""
    found = core.probes.addresses.of(agent_id)
    return found.public, found.private


async def _states(core: Core, workspace_id: int, metrics: AbstractSet[str]) -> StateFigures:
    """See `alerts.timers.LookAtStates`."""
    found: dict[str, Mapping[int, float]] = {}
    if metrics & OF_WORKLOADS:
        found |= await _of_workloads(core.workloads, workspace_id)
    if metrics & OF_JOBS:
        trouble = await core.jobs.trouble(workspace_id)
        found |= {"job_failed": {0: trouble.failed}, "job_waiting": trouble.waiting_minutes}
    return found


async def _of_workloads(
    workloads: WorkloadsJoin, workspace_id: int
) -> dict[str, Mapping[int, float]]:
    situation = await workloads.situation(workspace_id)
    found = {
        agent_id: trouble
        for agent_id in situation.fleet
        if (trouble := situation.trouble(agent_id)) is not None
    }
    return {
        "workload_down": {agent_id: one.down for agent_id, one in found.items()},
        "workload_stuck": {agent_id: one.stuck for agent_id, one in found.items()},
        "rollout_failed": {0: await workloads.failed_rollouts(workspace_id)},
    }


def _figures(alerting: Alerting, senders: Senders) -> list[Figure]:
    worker = senders.worker
    return [
        Figure(
            "total",
            "forepost_deliveries_sent",
            "Notices and mails that arrived.",
            lambda: worker.sent,
        ),
        Figure(
            "total",
            "forepost_deliveries_retried",
            "Attempts that failed and are made again.",
            lambda: worker.retried,
        ),
        Figure(
            "total",
            "forepost_deliveries_failed",
            "Notices and mails that were given up.",
            lambda: worker.failed,
        ),
        Figure(
            "gauge",
            "forepost_deliveries_waiting",
            "Notices and mails not yet sent or given up.",
            lambda: worker.waiting,
        ),
        Figure(
            "total",
            "forepost_alerts_considered",
            "Results that an alert rule was asked about.",
            lambda: alerting.considered,
        ),
        Figure(
            "total",
            "forepost_alerts_opened",
            "Alerts that were opened.",
            lambda: alerting.opened,
        ),
        Figure(
            "total",
            "forepost_alerts_resolved",
            "Alerts that are over.",
            lambda: alerting.resolved,
        ),
    ]
