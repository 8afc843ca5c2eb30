"""changes: of routes, addresses, certificates, versions, and starts of the controller"""

import sqlalchemy as sa
from alembic import op

from forepost.controller.db.tables.columns import Instant

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=True),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.Column("probe_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("before", sa.String(length=200), nullable=False),
        sa.Column("after", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_changes_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_changes_workspace_id_at", "changes", ["workspace_id", "at"])
    op.create_index("ix_changes_at", "changes", ["at"])
    op.create_table(
        "change_states",
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("probe_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("target", sa.String(length=2_000), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_change_states_agent_id")
        ),
        sa.PrimaryKeyConstraint(
            "agent_id", "probe_id", "kind", "target", name=op.f("pk_change_states")
        ),
    )


def downgrade() -> None:
    op.drop_table("change_states")
    op.drop_table("changes")
