"""incidents are what is told: what they have in common, why they are, whom they were told to"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_OPEN = "FROM incidents WHERE resolved_at IS NULL"


def upgrade() -> None:
    op.add_column("incidents", sa.Column("rule_id", sa.Integer()))
    for name, size in (("scope", 16), ("site", 200), ("cause", 32), ("course", 32)):
        op.add_column(
            "incidents",
            sa.Column(name, sa.String(length=size), server_default="", nullable=False),
        )
    op.add_column(
        "incidents", sa.Column("cause_text", sa.Text(), server_default="", nullable=False)
    )
    op.create_index("ix_incidents_rule_id_opened_at", "incidents", ["rule_id", "opened_at"])
    op.add_column(
        "alert_rules",
        sa.Column("tells", sa.String(length=16), server_default="incidents", nullable=False),
    )
    op.add_column("alert_rules", sa.Column("critical_threshold", sa.Float()))
    for name in ("is_alone", "is_replayed"):
        op.add_column(
            "alerts", sa.Column(name, sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    for name, empty in (("place", "{}"), ("channel_keys", "[]")):
        op.add_column("alerts", sa.Column(name, sa.Text(), server_default=empty, nullable=False))
    op.add_column("alerts", sa.Column("symptom_of", sa.Integer()))
    op.add_column("alerts", sa.Column("told_from", sa.DateTime(timezone=True)))
    op.create_index("ix_alerts_symptom_of", "alerts", ["symptom_of"])
    op.add_column("deliveries", sa.Column("incident_id", sa.Integer()))
    op.add_column(
        "agent_addresses",
        sa.Column("gateway", sa.String(length=64), server_default="", nullable=False),
    )
    op.execute(
        sa.text(
            "UPDATE incidents SET scope = CASE WHEN agent_id IS NULL THEN 'target' ELSE 'agent' END"
        )
    )
    _make_handles()
    _make_threads()
    _make_parents()
    # What is open was told by itself, and so is its end.
    op.execute(sa.text("UPDATE alerts SET is_alone = true"))
    for handle, having in (
        ("'agent:' || agent_id", "agent_id IS NOT NULL"),
        ("'target:' || target", "target <> '' AND length(target) <= 64"),
    ):
        op.execute(
            sa.text(
                "INSERT INTO incident_handles (incident_id, handle, workspace_id)"
                f" SELECT id, {handle}, workspace_id {_OPEN} AND {having}"
            )
        )


def _make_handles() -> None:
    op.create_table(
        "incident_handles",
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("handle", sa.String(length=80), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incidents.id"],
            name=op.f("fk_incident_handles_incident_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("incident_id", "handle", name=op.f("pk_incident_handles")),
    )
    op.create_index(
        "ix_incident_handles_workspace_id_handle", "incident_handles", ["workspace_id", "handle"]
    )


def _make_threads() -> None:
    op.create_table(
        "incident_threads",
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("channel_key", sa.String(length=64), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("alerts", sa.Integer(), nullable=False),
        sa.Column("notices", sa.Integer(), nullable=False),
        sa.Column("grown", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incidents.id"],
            name=op.f("fk_incident_threads_incident_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("incident_id", "channel_key", name=op.f("pk_incident_threads")),
    )
    op.create_index("ix_incident_threads_due_at", "incident_threads", ["due_at"])


def _make_parents() -> None:
    columns = ("probe_id", "agent_id", "parent_probe_id", "parent_agent_id")
    op.create_table(
        "alert_parents",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer()) for name in columns),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_alert_parents_workspace_id")
        ),
        *(
            sa.ForeignKeyConstraint(
                [name],
                [f"{'probes' if 'probe' in name else 'agents'}.id"],
                name=op.f(f"fk_alert_parents_{name}"),
                ondelete="CASCADE",
            )
            for name in columns
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_parents")),
        sqlite_autoincrement=True,
    )
    for name in ("workspace_id", *columns):
        op.create_index(f"ix_alert_parents_{name}", "alert_parents", [name])


def downgrade() -> None:
    for table in ("alert_parents", "incident_threads", "incident_handles"):
        op.drop_table(table)
    op.drop_column("deliveries", "incident_id")
    op.drop_column("agent_addresses", "gateway")
    op.drop_index("ix_alerts_symptom_of", table_name="alerts")
    for column in ("is_replayed", "told_from", "symptom_of", "is_alone", "channel_keys", "place"):
        op.drop_column("alerts", column)
    for column in ("critical_threshold", "tells"):
        op.drop_column("alert_rules", column)
    op.drop_index("ix_incidents_rule_id_opened_at", table_name="incidents")
    for column in ("course", "cause_text", "cause", "rule_id", "site", "scope"):
        op.drop_column("incidents", column)
