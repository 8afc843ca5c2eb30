"""What happens to an alert beside its beginning and end: people, reminders, maintenance."""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text

from forepost.controller.db.tables.columns import Instant, id_column, metadata

# Ids of alerts, rules, windows and people are no foreign keys: what was, stays so without them.

alert_notes = Table(
    "alert_notes",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("alert_id", Integer, nullable=False, index=True),
    # What was done: acknowledged, returned, resolved, muted, unmuted, note.
    Column("done", String(16), nullable=False),
    # As it was then: an address, or "key: " and a name.
    Column("name", String(300), nullable=False),
    Column("user_id", Integer),
    Column("note", Text, nullable=False),
    Column("until", Instant),
    Column("at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

alert_reminders = Table(
    "alert_reminders",
    metadata,
    Column("alert_id", Integer, primary_key=True, autoincrement=False),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("due_at", Instant, nullable=False, index=True),
    # False: its beginning waits for the end of quiet hours.
    Column("is_told", Boolean, nullable=False),
    Column("reminders", Integer, nullable=False),
    Column("reminded_at", Instant),
)

suppressed_alerts = Table(
    "suppressed_alerts",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("window_id", Integer, nullable=False),
    # When the window began, and what would have opened: one row for these.
    Column("window_began_at", Instant, nullable=False),
    Column("streak", String(32), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("alert_rule_id", Integer, nullable=False),
    Column("rule_name", String(200), nullable=False),
    Column("probe_id", Integer),
    Column("agent_id", Integer),
    Column("probe_type", String(32), nullable=False),
    Column("probe_target", Text, nullable=False),
    Column("metric", String(64), nullable=False),
    Column("value", Float),
    Column("threshold", Float),
    Column("severity", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Column("first_at", Instant, nullable=False),
    Column("last_at", Instant, nullable=False),
    Index(
        "uq_suppressed_alerts_window_id",
        "window_id",
        "window_began_at",
        "streak",
        "kind",
        unique=True,
    ),
    sqlite_autoincrement=True,
)
