"""speed tests: the queue, and the servers that agents know"""

import sqlalchemy as sa
from alembic import op

from forepost.controller.db.tables.columns import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "speedtests",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("server_id", sa.String(length=500), nullable=False),
        sa.Column("server_name", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("requested_by", sa.Integer(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("completed_at", Instant(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_speedtests_workspace_id")
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_speedtests_agent_id")),
        sa.ForeignKeyConstraint(
            ["requested_by"], ["users.id"], name=op.f("fk_speedtests_requested_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_speedtests")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_speedtests_agent_id_status", "speedtests", ["agent_id", "status"])
    op.create_index("ix_speedtests_status_expires_at", "speedtests", ["status", "expires_at"])
    op.create_table(
        "speedtest_servers",
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("servers", sa.JSON(), nullable=False),
        sa.Column("reported_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_speedtest_servers_agent_id")
        ),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_speedtest_servers")),
    )


def downgrade() -> None:
    op.drop_table("speedtest_servers")
    op.drop_table("speedtests")
