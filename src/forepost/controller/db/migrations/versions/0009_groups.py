"""address groups"""

import sqlalchemy as sa
from alembic import op

from forepost.controller.db.tables.columns import Instant

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NAMED = sa.text("external_id <> ''")


def upgrade() -> None:
    op.create_table(
        "address_groups",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("addresses", sa.JSON(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("agent_ids", sa.JSON(), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_address_groups_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_groups")),
        sa.UniqueConstraint(
            "workspace_id", "name", name=op.f("uq_address_groups_workspace_id_name")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_address_groups_workspace_id_external_id",
        "address_groups",
        ["workspace_id", "external_id"],
        unique=True,
        sqlite_where=NAMED,
        postgresql_where=NAMED,
    )


def downgrade() -> None:
    op.drop_table("address_groups")
