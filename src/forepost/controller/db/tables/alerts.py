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
    false,
    text,
)

from forepost.controller.db.tables.columns import (
    Instant,
    id_column,
    list_column,
    metadata,
    times,
)

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
    Column("every", Integer, nullable=False, server_default="1"),
    Column("agent_ids", JSON, nullable=False),
    Column("probe_ids", JSON, nullable=False),
    Column("timezone", String(64), nullable=False, server_default="UTC"),
    Column("weekdays", JSON, nullable=False, server_default=text("'[]'")),
    Column("day_of_month", Integer),
    Column("week_of_month", Integer),
    Column("until", Instant),
    Column("paused", Boolean, nullable=False, server_default=false()),
    Column("reason", Text, nullable=False, server_default=""),
    Column("external_id", String(200), nullable=False, server_default=""),
    Column("created_by", String(300), nullable=False, server_default=""),
    # The alert that was muted by it, and where that one's line leads.
    Column("alert_id", Integer),
    Column("target", Text, nullable=False, server_default=""),
    *times(),
    Index(
        "uq_maintenance_windows_workspace_id_external_id",
        "workspace_id",
        "external_id",
        unique=True,
        sqlite_where=text("external_id <> ''"),
        postgresql_where=text("external_id <> ''"),
    ),
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
    # Named channels that it tells, besides.
    list_column("channel_ids"),
    Column("cooldown_minutes", Integer, nullable=False),
    Column("maintenance_window_id", ForeignKey("maintenance_windows.id", ondelete="SET NULL")),
    Column("external_id", String(200), nullable=False),
    Column("active_hours", JSON, nullable=False, server_default=text("'[]'")),
    Column("quiet_hours", JSON, nullable=False, server_default=text("'[]'")),
    Column("quiet_critical", Boolean, nullable=False, server_default=false()),
    Column("remind_minutes", Integer, nullable=False, server_default="0"),
    Column("escalate_after_minutes", Integer, nullable=False, server_default="0"),
    Column("escalate_channel_ids", JSON, nullable=False, server_default=text("'[]'")),
    Column("escalate_apprise_urls", JSON, nullable=False, server_default=text("'[]'")),
    Column("baseline_by", String(16), nullable=False, server_default="none"),
    Column("timezone", String(64), nullable=False, server_default="UTC"),
    # What its channels are told of: incidents, or each alert alone.
    Column("tells", String(16), nullable=False, server_default="incidents"),
    Column("critical_threshold", Float),
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
    # What all of it has in common, and the rule that began it.
    Column("scope", String(16), nullable=False, server_default=""),
    Column("site", String(200), nullable=False, server_default=""),
    Column("rule_id", Integer),
    # Why it is, where that is known: see `causes.py`.
    Column("cause", String(32), nullable=False, server_default=""),
    Column("cause_text", Text, nullable=False, server_default=""),
    # Since when that is over, though the incident is not.
    Column("cause_ended_at", Instant),
    # When it began again, after it was over.
    Column("reopened_at", Instant),
    # Notices of incidents with the same course wait for each other.
    Column("course", String(32), nullable=False, server_default=""),
    Index("ix_incidents_workspace_id_resolved_at", "workspace_id", "resolved_at"),
    Index("ix_incidents_rule_id_opened_at", "rule_id", "opened_at"),
    sqlite_autoincrement=True,
)

incident_handles = Table(
    "incident_handles",
    metadata,
    Column("incident_id", ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True),
    Column("handle", String(80), primary_key=True),
    Column("workspace_id", Integer, nullable=False),
    Index("ix_incident_handles_workspace_id_handle", "workspace_id", "handle"),
)
"""What all alerts of an open incident have in common; see `handles.py`."""

incident_threads = Table(
    "incident_threads",
    metadata,
    Column("incident_id", ForeignKey("incidents.id", ondelete="CASCADE"), primary_key=True),
    # Whom it tells: see `Channel.key`. The rule is the one that began it.
    Column("channel_key", String(64), primary_key=True),
    Column("workspace_id", Integer, nullable=False),
    Column("rule_id", Integer, nullable=False),
    Column("alert_id", Integer, nullable=False),
    # What was told last; severity "": that it is over.
    Column("severity", String(16), nullable=False),
    Column("alerts", Integer, nullable=False),
    Column("notices", Integer, nullable=False),
    Column("grown", Integer, nullable=False),
    Column("told_at", Instant, nullable=False),
    Column("due_at", Instant, index=True),
    # Why it is, as it was told; and how often it began (JSON, see `flaps.py`).
    Column("cause", Text, nullable=False, server_default=""),
    Column("flaps", Text, nullable=False, server_default="{}"),
    # Whose alerts were told: ids of agents (JSON).
    Column("reporters", Text, nullable=False, server_default="[]"),
)
"""What each receiver was told of an incident."""

alert_parents = Table(
    "alert_parents",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False, index=True),
    # One of the two each.
    Column("probe_id", ForeignKey("probes.id", ondelete="CASCADE"), index=True),
    Column("agent_id", ForeignKey("agents.id", ondelete="CASCADE"), index=True),
    Column("parent_probe_id", ForeignKey("probes.id", ondelete="CASCADE"), index=True),
    Column("parent_agent_id", ForeignKey("agents.id", ondelete="CASCADE"), index=True),
    *times(),
    sqlite_autoincrement=True,
)
"""What depends on what: while a parent is down its children are not told of."""

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
    # As it was then: an address, or "key: " and a name.
    Column("acknowledged_name", String(300), nullable=False, server_default=""),
    Column("acknowledged_until", Instant),
    # From then on those are told, too, whom the rule escalates to.
    Column("escalated_at", Instant),
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
    # Ids of named channels (JSON) to which routes led while it was open.
    Column("routed_to", Text, nullable=False, server_default="[]"),
    # Where it is, and what it depends on (JSON); see `place.py`.
    Column("place", Text, nullable=False, server_default="{}"),
    # Keys of the channels that tell it (JSON).
    Column("channel_keys", Text, nullable=False, server_default="[]"),
    # It is told by itself; else its incident is.
    Column("is_alone", Boolean, nullable=False, server_default=false()),
    # The alert that explains it: while that one is open nobody is told of this one.
    Column("symptom_of", Integer, index=True),
    # Nobody is told before.
    Column("told_from", Instant),
    # It was over before it was known of.
    Column("is_replayed", Boolean, nullable=False, server_default=false()),
    *times(),
    Index("ix_alerts_workspace_id_status_triggered_at", "workspace_id", "status", "triggered_at"),
    Index("ix_alerts_streak_resolved_at", "streak", "resolved_at"),
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
