"""tags of agents that are set here, what is held, events of transfers, runs that sites begin"""

import sqlalchemy as sa
from alembic import op

from forepost.controller.db.tables.columns import Instant

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "job_run_agents",
        sa.Column("is_held", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_table(
        "agent_tags",
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("is_removed", sa.Boolean(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_agent_tags_agent_id")),
        sa.PrimaryKeyConstraint("agent_id", "name", name=op.f("pk_agent_tags")),
    )
    op.create_table(
        "transfer_events",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("said_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["jobs.id"],
            name=op.f("fk_transfer_events_job_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["job_runs.id"],
            name=op.f("fk_transfer_events_run_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_transfer_events_agent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_events")),
        sa.UniqueConstraint("agent_id", "number", name=op.f("uq_transfer_events_agent_id_number")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_transfer_events_job_id_id", "transfer_events", ["job_id", "id"])
    op.create_index(op.f("ix_transfer_events_run_id"), "transfer_events", ["run_id"])
    op.create_index(op.f("ix_transfer_events_said_at"), "transfer_events", ["said_at"])
    op.create_table(
        "site_runs",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("is_over", sa.Boolean(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("said_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_site_runs_agent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_runs")),
        sa.UniqueConstraint("agent_id", "uid", name=op.f("uq_site_runs_agent_id_uid")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    for table in ("site_runs", "transfer_events", "agent_tags"):
        op.drop_table(table)
    op.drop_column("job_run_agents", "is_held")
