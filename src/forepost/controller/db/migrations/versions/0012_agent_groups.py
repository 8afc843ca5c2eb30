"""what agents said of the address groups that they have"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent_groups",
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.String(length=64), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_agent_groups_agent_id")),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_agent_groups")),
    )


def downgrade() -> None:
    op.drop_table("agent_groups")
