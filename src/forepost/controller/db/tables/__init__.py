"""The schema: one module a subject, all of them joined here.

Tables are shared between slices; SQL on them is private to each slice's store.
"""

from forepost.controller.db.tables import (
    access,
    accounts,
    alert_course,
    alerts,
    changes,
    channels,
    deliveries,
    fleet,
    flows,
    groups,
    jobs,
    lookup,
    probes,
    reports,
    share_links,
    site_settings,
    speedtests,
    store,
    trials,
    workloads,
    workspaces,
)
from forepost.controller.db.tables.columns import Instant, metadata

__all__ = [
    "Instant",
    "access",
    "accounts",
    "alert_course",
    "alerts",
    "changes",
    "channels",
    "deliveries",
    "fleet",
    "flows",
    "groups",
    "jobs",
    "lookup",
    "metadata",
    "probes",
    "reports",
    "share_links",
    "site_settings",
    "speedtests",
    "store",
    "trials",
    "workloads",
    "workspaces",
]
