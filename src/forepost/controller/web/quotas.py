"""How many things of a kind a workspace, or an account, may have: asked before a body is read, and
again by whoever makes one (`Database.write_more`).
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from sqlalchemy import Table

from forepost.controller.db.engine import Database
from forepost.controller.db.room import Bound, Room
from forepost.controller.db.tables.access import api_keys
from forepost.controller.db.tables.alerts import alert_parents, alert_rules, maintenance_windows
from forepost.controller.db.tables.channels import notice_channels, notice_routes, notice_templates
from forepost.controller.db.tables.fleet import agents
from forepost.controller.db.tables.groups import address_groups
from forepost.controller.db.tables.jobs import job_runs, jobs
from forepost.controller.db.tables.probes import probes
from forepost.controller.db.tables.reports import reports
from forepost.controller.db.tables.share_links import share_links
from forepost.controller.db.tables.workloads import image_registries, microservices
from forepost.controller.db.tables.workspaces import members, workspaces
from forepost.kit.settings import WrongSettings
from forepost.wire.workloads.delivery import MOST_REGISTRIES

_OF: Final = "/workspaces/{workspace_id}"
_AGENT: Final = _OF + "/agents/{agent_id}"


class Quota(msgspec.Struct, frozen=True):
    """A kind of thing, where it is kept, and how many there may be."""

    name: str
    table: Table
    most: int


QUOTAS: Final[Mapping[str, Quota]] = {
    "/workspaces": Quota("workspaces", workspaces, 100),
    _OF + "/agents": Quota("agents", agents, 10_000),
    _OF + "/members": Quota("members", members, 10_000),
    "/admin" + _OF + "/members": Quota("members", members, 10_000),
    _OF + "/api-keys": Quota("api_keys", api_keys, 1_000),
    _OF + "/alert-rules": Quota("alert_rules", alert_rules, 5_000),
    _OF + "/alert-parents": Quota("alert_parents", alert_parents, 2_000),
    _OF + "/maintenance-windows": Quota("maintenance_windows", maintenance_windows, 1_000),
    _OF + "/channels": Quota("channels", notice_channels, 50),
    _OF + "/routes": Quota("routes", notice_routes, 100),
    _OF + "/alerts/{alert_id}/mute": Quota("maintenance_windows", maintenance_windows, 1_000),
    _OF + "/templates": Quota("templates", notice_templates, 50),
    _OF + "/address-groups": Quota("address_groups", address_groups, 1_000),
    _OF + "/microservices": Quota("microservices", microservices, 10_000),
    _OF + "/jobs": Quota("jobs", jobs, 10_000),
    _OF + "/jobs/{job_id}/runs": Quota("job_runs", job_runs, 100_000),
    _OF + "/reports": Quota("reports", reports, 100),
    _OF + "/registries": Quota("registries", image_registries, MOST_REGISTRIES),
    _AGENT + "/probes": Quota("probes", probes, 200_000),
    _AGENT + "/probes/copy": Quota("probes", probes, 200_000),
    _OF + "/probes/copy": Quota("probes", probes, 200_000),
    _AGENT + "/share-links": Quota("share_links", share_links, 10_000),
}
"""By the path that makes another one. Workspaces are counted for an account, as their owner; all
else for a workspace. What an agent measures is bounded by its budget (wire/probes/budget.py)."""
NAMES: Final = frozenset(quota.name for quota in QUOTAS.values())


class Quotas:
    def __init__(self, db: Database, most: Mapping[str, int]) -> None:
        """`most`: other numbers than the usual ones, by name. Raises WrongSettings."""
        self._db = db
        if unknown := sorted(set(most) - NAMES):
            raise WrongSettings(
                f"limits.most: there is no {unknown[0]!r}; there are {', '.join(sorted(NAMES))}"
            )
        db.room = self._room = Room(
            {
                quota.table.name: Bound(quota.name, most.get(quota.name, quota.most))
                for quota in QUOTAS.values()
            }
        )

    async def guard(
        self, connection: ASGIConnection[Any, Any, Any, Any], _copy: BaseRouteHandler
    ) -> None:
        """Raises Conflict. After the guard that says who calls."""
        scope: Any = connection.scope
        if scope["method"] != "POST" or (quota := QUOTAS.get(scope["path_template"])) is None:
            return
        of_account = quota.table is workspaces
        whose = scope["caller"].user_id if of_account else connection.path_params["workspace_id"]
        async with self._db.read() as reading:
            await self._room.check(reading, quota.table, whose, 1)
