"""why an incident was, when it began again, how often, and who sends a delivery"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("cause_ended_at", "reopened_at"):
        op.add_column("incidents", sa.Column(name, sa.DateTime(timezone=True)))
    for name, empty in (("cause", ""), ("flaps", "{}"), ("reporters", "[]")):
        op.add_column(
            "incident_threads", sa.Column(name, sa.Text(), server_default=empty, nullable=False)
        )
    op.create_index("ix_alerts_streak_resolved_at", "alerts", ["streak", "resolved_at"])
    op.add_column(
        "deliveries",
        sa.Column("sender", sa.String(length=64), server_default="", nullable=False),
    )
    _fill()


def _fill() -> None:
    """What was told before says why it is, where that was known, and of which agents."""
    connection = op.get_bind()
    told = connection.execute(
        sa.text(
            "SELECT DISTINCT a.incident_id, a.agent_id FROM alerts a JOIN incidents i"
            " ON i.id = a.incident_id WHERE i.resolved_at IS NULL AND a.resolved_at IS NULL"
        )
    ).all()
    reporters: dict[int, list[int]] = {}
    for row in told:
        reporters.setdefault(row.incident_id, []).append(row.agent_id or 0)
    for incident_id, agents in reporters.items():
        connection.execute(
            sa.text(
                "UPDATE incident_threads SET reporters = :agents WHERE incident_id = :incident"
            ),
            {"agents": json.dumps(sorted(agents)[:200]), "incident": incident_id},
        )
    op.execute(
        sa.text(
            "UPDATE incident_threads SET cause = coalesce((SELECT CASE WHEN i.cause IN"
            " ('site_unreachable', 'controller_link') THEN i.cause ELSE i.cause_text END"
            " FROM incidents i WHERE i.id = incident_threads.incident_id), '')"
        )
    )


def downgrade() -> None:
    op.drop_column("deliveries", "sender")
    op.drop_index("ix_alerts_streak_resolved_at", table_name="alerts")
    for column in ("reporters", "flaps", "cause"):
        op.drop_column("incident_threads", column)
    for column in ("reopened_at", "cause_ended_at"):
        op.drop_column("incidents", column)
