"""invitations, share links"""

import sqlalchemy as sa
from alembic import op

from forepost.controller.db.tables.columns import Instant

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NEVER_REUSED = {"sqlite_autoincrement": True}
INVITED = sa.text("email <> ''")


def upgrade() -> None:
    with op.batch_alter_table("members", table_kwargs=NEVER_REUSED) as members:
        members.alter_column("user_id", existing_type=sa.Integer(), nullable=True)
        members.add_column(
            sa.Column("email", sa.String(length=254), server_default="", nullable=False)
        )
        members.add_column(sa.Column("invited_at", Instant(), nullable=True))
        members.add_column(sa.Column("accepted_at", Instant(), nullable=True))
        members.add_column(sa.Column("invite_expires_at", Instant(), nullable=True))
        members.add_column(
            sa.Column("invite_sha256", sa.String(length=64), server_default="", nullable=False)
        )
    op.create_index(op.f("ix_members_invite_sha256"), "members", ["invite_sha256"])
    op.create_index(
        "uq_members_workspace_id_email",
        "members",
        ["workspace_id", "email"],
        unique=True,
        sqlite_where=INVITED,
        postgresql_where=INVITED,
    )
    op.create_table(
        "share_links",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("access_count", sa.Integer(), nullable=False),
        sa.Column("last_accessed_at", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_share_links_workspace_id")
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agents.id"], name=op.f("fk_share_links_agent_id")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_share_links_created_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_links")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_share_links_token_sha256")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_share_links_agent_id"), "share_links", ["agent_id"])


def downgrade() -> None:
    op.drop_table("share_links")
    op.drop_index("uq_members_workspace_id_email", table_name="members")
    op.drop_index(op.f("ix_members_invite_sha256"), table_name="members")
    op.execute("DELETE FROM members WHERE user_id IS NULL")
    with op.batch_alter_table("members", table_kwargs=NEVER_REUSED) as members:
        members.drop_column("invite_sha256")
        members.drop_column("invite_expires_at")
        members.drop_column("accepted_at")
        members.drop_column("invited_at")
        members.drop_column("email")
        members.alter_column("user_id", existing_type=sa.Integer(), nullable=False)
