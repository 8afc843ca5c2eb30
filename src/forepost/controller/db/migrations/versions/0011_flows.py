"""traffic of agents by minute, hour and day"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "flow_sums",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bytes_in", sa.BigInteger(), nullable=False),
        sa.Column("bytes_out", sa.BigInteger(), nullable=False),
        sa.Column("packets_in", sa.BigInteger(), nullable=False),
        sa.Column("packets_out", sa.BigInteger(), nullable=False),
        sa.Column("flows", sa.BigInteger(), nullable=False),
        sa.Column("reports", sa.BigInteger(), nullable=False),
        sa.Column("packets", sa.BigInteger(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("other_packets", sa.BigInteger(), nullable=False),
        sa.Column("other_bytes", sa.BigInteger(), nullable=False),
        sa.Column("missed", sa.BigInteger(), nullable=False),
        sa.Column("refused_packets", sa.BigInteger(), nullable=False),
        sa.Column("refused_bytes", sa.BigInteger(), nullable=False),
        sa.Column("lost", sa.BigInteger(), nullable=False),
        sa.Column("gap_ms", sa.BigInteger(), nullable=False),
        sa.Column("uninspected_ms", sa.BigInteger(), nullable=False),
        sa.Column("folded", sa.LargeBinary(), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_flow_sums_workspace_id")
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "agent_id", "step", "start", name=op.f("pk_flow_sums")
        ),
    )
    op.create_index("ix_flow_sums_step_start", "flow_sums", ["step", "start"])
    op.create_table(
        "flow_lists",
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kept", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_flow_lists_workspace_id")
        ),
        sa.PrimaryKeyConstraint(
            "workspace_id", "agent_id", "step", "kind", "start", name=op.f("pk_flow_lists")
        ),
    )
    op.create_index("ix_flow_lists_step_start", "flow_lists", ["step", "start"])
    op.create_table(
        "flow_progress",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("received_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_flow_progress")),
    )


def downgrade() -> None:
    op.drop_table("flow_progress")
    op.drop_table("flow_lists")
    op.drop_table("flow_sums")
