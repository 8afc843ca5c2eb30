"""What is to be sent, and what became of it."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from forepost.controller.db.tables.columns import Instant, id_column, json_column, metadata

deliveries = Table(
    "deliveries",
    metadata,
    id_column(),
    # None: a mail that belongs to an account, not to a workspace.
    Column("workspace_id", ForeignKey("workspaces.id")),
    # No foreign keys: the log outlives alerts and rules.
    Column("alert_id", Integer),
    Column("rule_id", Integer),
    Column("incident_id", Integer),
    Column("event", String(16), nullable=False),
    # What is told in order: a line of a rule, by one channel. Empty: nothing else waits for it.
    Column("course", String(64), nullable=False, server_default=""),
    # 0: of something critical. It goes before the others.
    Column("urgency", Integer, nullable=False, server_default="1"),
    # Who is told, by the key of the channel, whatever its address is now; and the named channel.
    Column("receiver", String(64), nullable=False, server_default=""),
    Column("channel_id", Integer),
    # What a mail belongs to: those of one thread are shown as one.
    Column("thread", String(64), nullable=False, server_default=""),
    Column("kind", String(16), nullable=False),
    Column("destination", Text, nullable=False),
    Column("secret", Text, nullable=False),
    # Of a webhook, besides the usual ones.
    json_column("headers"),
    # Whom a slow answer holds up: deliveries of one host wait for each other.
    Column("host", String(255), nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("html", Text, nullable=False),
    # What a mail has with it: a row of `report_files`.
    Column("attachment_id", Integer),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    # When it is due; while it is being sent, when the lease of its sender ends.
    Column("next_at", Instant),
    # Who is sending it: which store's controller (`storage/identity.py`). It takes back at its
    # start what it was sending at its end.
    Column("sender", String(64), nullable=False, server_default=""),
    Column("last_status", Integer),
    Column("last_error", Text, nullable=False),
    # What was not as it was to be when it was written: a template that failed.
    Column("note", Text, nullable=False, server_default=""),
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Index("ix_deliveries_state_next_at", "state", "next_at"),
    Index("ix_deliveries_workspace_id_id", "workspace_id", "id"),
    Index("ix_deliveries_course_id", "course", "id"),
    Index("ix_deliveries_channel_id_id", "channel_id", "id"),
    sqlite_autoincrement=True,
)
