"""Rules, alerts, incidents and maintenance windows."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from forepost.controller.db.tables.columns import Instant, id_column, metadata, times

# Ids of probes, agents and rules are no foreign keys here: an alert outlives what it speaks of.

maintenance_windows = Table(
    "maintenance_windows",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("starts_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False),
    Column("recurrence", String(16), nullable=False),
    Column("agent_ids", JSON, nullable=False),
    Column("probe_ids", JSON, nullable=False),
    *times(),
    sqlite_autoincrement=True,
)

alert_rules = Table(
    "alert_rules",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("probe_id", Integer),
    Column("agent_id", Integer),
    Column("metric", String(64), nullable=False),
    Column("operator", String(8), nullable=False),
    Column("threshold", Float, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("threshold_type", String(32), nullable=False),
    Column("baseline_window_days", Integer, nullable=False),
    Column("stddev_multiplier", Float, nullable=False),
    Column("stddev_multiplier_critical", Float, nullable=False),
    Column("percentile", Float, nullable=False),
    Column("metric2", String(64)),
    Column("operator2", String(8)),
    Column("threshold2", Float),
    Column("logical_op", String(8)),
    Column("for_count", Integer, nullable=False),
    Column("of_count", Integer, nullable=False),
    Column("recovery_threshold", Float),
    Column("no_data_sec", Integer, nullable=False),
    Column("notify_panel", Boolean, nullable=False),
    Column("notify_email", Boolean, nullable=False),
    Column("notify_webhook", Boolean, nullable=False),
    Column("webhook_url", Text, nullable=False),
    Column("webhook_secret", Text, nullable=False),
    Column("apprise_urls", JSON, nullable=False),
    Column("cooldown_minutes", Integer, nullable=False),
    Column("maintenance_window_id", ForeignKey("maintenance_windows.id", ondelete="SET NULL")),
    Column("external_id", String(200), nullable=False),
    *times(),
    Index(
        "uq_alert_rules_workspace_id_external_id",
        "workspace_id",
        "external_id",
        unique=True,
        sqlite_where=text("external_id <> ''"),
        postgresql_where=text("external_id <> ''"),
    ),
    sqlite_autoincrement=True,
)

incidents = Table(
    "incidents",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("agent_id", Integer),
    Column("target", Text, nullable=False),
    Column("severity", String(16), nullable=False),
    Column("alerts", Integer, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("last_alert_at", Instant, nullable=False),
    Column("resolved_at", Instant),
    Index("ix_incidents_workspace_id_resolved_at", "workspace_id", "resolved_at"),
    sqlite_autoincrement=True,
)

alerts = Table(
    "alerts",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("alert_rule_id", Integer, nullable=False),
    Column("rule_name", String(200), nullable=False),
    Column("incident_id", ForeignKey("incidents.id"), index=True),
    Column("probe_id", Integer),
    Column("agent_id", Integer),
    Column("probe_type", String(32), nullable=False),
    Column("probe_name", Text, nullable=False),
    Column("probe_target", Text, nullable=False),
    Column("agent_name", String(200), nullable=False),
    Column("metric", String(64), nullable=False),
    Column("value", Float),
    Column("threshold", Float),
    Column("severity", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Column("triggered_at", Instant, nullable=False),
    Column("resolved_at", Instant),
    Column("acknowledged_at", Instant),
    Column("acknowledged_by", Integer),
    # What it is about, in full (JSON), and the hash that there is one open alert of.
    Column("subject", Text, nullable=False),
    Column("streak", String(32), nullable=False),
    # What was usual when it opened: the path or the address that a change is told from (JSON).
    Column("baseline", Text, nullable=False),
    # How many notices there were of it, and how it ended.
    Column("notices", Integer, nullable=False, server_default="0"),
    Column("ended", String(16), nullable=False, server_default=""),
    # As they were when it was last written down; while it is open, RAM knows better.
    Column("last_value", Float),
    Column("worst_value", Float),
    *times(),
    Index("ix_alerts_workspace_id_status_triggered_at", "workspace_id", "status", "triggered_at"),
    Index(
        "uq_alerts_streak",
        "streak",
        unique=True,
        sqlite_where=text("resolved_at IS NULL"),
        postgresql_where=text("resolved_at IS NULL"),
    ),
    sqlite_autoincrement=True,
)

# The number of the last change of each alert, in the order of their commits. Written by triggers of
# the database (migration 0023), so that nobody who changes an alert can leave one out.
alert_changes = Table(
    "alert_changes",
    metadata,
    id_column(),
    Column("workspace_id", Integer, nullable=False),
    Column("alert_id", Integer, nullable=False),
    Index("uq_alert_changes_alert_id", "alert_id", unique=True),
    Index("ix_alert_changes_workspace_id_id", "workspace_id", "id"),
    sqlite_autoincrement=True,
)
