"""windows by the clocks of a place, mutes, what they suppress; notes, reminders, hours of rules"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from forepost.controller.db.tables.columns import Instant

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_INSTANT = Instant()
_EMPTY = sa.text("'[]'")


def _text(name: str, default: str = "") -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _string(name: str, length: int, default: str = "") -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=length), server_default=default, nullable=False)


def _list(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.JSON(), server_default=_EMPTY, nullable=False)


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), server_default="0", nullable=False)


def _added() -> dict[str, list[sa.Column[Any]]]:
    return {
        "maintenance_windows": [
            _string("timezone", 64, "UTC"),
            _list("weekdays"),
            sa.Column("day_of_month", sa.Integer()),
            sa.Column("week_of_month", sa.Integer()),
            sa.Column("until", _INSTANT),
            _flag("paused"),
            _text("reason"),
            _string("external_id", 200),
            _string("created_by", 300),
            sa.Column("alert_id", sa.Integer()),
            _text("target"),
        ],
        "alert_rules": [
            _list("active_hours"),
            _list("quiet_hours"),
            _flag("quiet_critical"),
            _number("remind_minutes"),
            _number("escalate_after_minutes"),
            _list("escalate_channel_ids"),
            _list("escalate_apprise_urls"),
            _string("baseline_by", 16, "none"),
            _string("timezone", 64, "UTC"),
        ],
        "alerts": [
            _string("acknowledged_name", 300),
            sa.Column("acknowledged_until", _INSTANT),
            sa.Column("escalated_at", _INSTANT),
        ],
    }


def upgrade() -> None:
    for table, columns in _added().items():
        for column in columns:
            op.add_column(table, column)
    op.create_index(
        "uq_maintenance_windows_workspace_id_external_id",
        "maintenance_windows",
        ["workspace_id", "external_id"],
        unique=True,
        sqlite_where=sa.text("external_id <> ''"),
        postgresql_where=sa.text("external_id <> ''"),
    )
    op.create_table(
        "alert_notes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("done", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("user_id", sa.Integer()),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("until", _INSTANT),
        sa.Column("at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_alert_notes_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_notes")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_alert_notes_alert_id"), "alert_notes", ["alert_id"])
    op.create_table(
        "alert_reminders",
        sa.Column("alert_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("due_at", _INSTANT, nullable=False),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.Column("reminded_at", _INSTANT),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_alert_reminders_workspace_id")
        ),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alert_reminders")),
    )
    op.create_index(op.f("ix_alert_reminders_due_at"), "alert_reminders", ["due_at"])
    op.create_table(
        "suppressed_alerts",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("window_id", sa.Integer(), nullable=False),
        sa.Column("window_began_at", _INSTANT, nullable=False),
        sa.Column("streak", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("alert_rule_id", sa.Integer(), nullable=False),
        sa.Column("rule_name", sa.String(length=200), nullable=False),
        sa.Column("probe_id", sa.Integer()),
        sa.Column("agent_id", sa.Integer()),
        sa.Column("probe_type", sa.String(length=32), nullable=False),
        sa.Column("probe_target", sa.Text(), nullable=False),
        sa.Column("metric", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Float()),
        sa.Column("threshold", sa.Float()),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("first_at", _INSTANT, nullable=False),
        sa.Column("last_at", _INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_suppressed_alerts_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressed_alerts")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_suppressed_alerts_window_id",
        "suppressed_alerts",
        ["window_id", "window_began_at", "streak", "kind"],
        unique=True,
    )


def downgrade() -> None:
    for table in ("suppressed_alerts", "alert_reminders", "alert_notes"):
        op.drop_table(table)
    op.drop_index(
        "uq_maintenance_windows_workspace_id_external_id", table_name="maintenance_windows"
    )
    for table, columns in _added().items():
        for column in reversed(columns):
            op.drop_column(table, column.name)
