"""what agents said of every document that they have, in place of the groups alone"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agent_documents",
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("revision", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_agent_documents_agent_id")
        ),
        sa.PrimaryKeyConstraint("agent_id", "name", name=op.f("pk_agent_documents")),
    )
    op.execute(
        "INSERT INTO agent_documents (agent_id, name, revision, state, problems, said_at) "
        "SELECT agent_groups.agent_id, 'groups', agent_groups.revision, 'applied',"
        " agent_groups.problems, agents.updated_at "
        "FROM agent_groups JOIN agents ON agents.id = agent_groups.agent_id"
    )
    op.drop_table("agent_groups")


def downgrade() -> None:
    op.create_table(
        "agent_groups",
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.String(length=64), nullable=False),
        sa.Column("problems", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_agent_groups_agent_id")),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_agent_groups")),
    )
    op.execute(
        "INSERT INTO agent_groups (agent_id, revision, problems) "
        "SELECT agent_id, revision, problems FROM agent_documents WHERE name = 'groups'"
    )
    op.drop_table("agent_documents")
