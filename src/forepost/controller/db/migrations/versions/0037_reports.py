"""reports that are made again and again, and what mails have attached"""

import sqlalchemy as sa
from alembic import op

from forepost.controller.db.tables.columns import Instant

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("agent_ids", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("repeats", sa.String(length=16), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.String(length=3), nullable=False),
        sa.Column("day_of_month", sa.Integer(), nullable=False),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("recipients", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("due_at", Instant(), nullable=True),
        sa.Column("last_run_at", Instant(), nullable=True),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_reports_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reports_workspace_id", "reports", ["workspace_id"])
    op.create_index("ix_reports_due_at", "reports", ["due_at"])
    op.create_table(
        "report_files",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_report_files_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_files")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_report_files_made_at", "report_files", ["made_at"])
    op.add_column("deliveries", sa.Column("attachment_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("deliveries", "attachment_id")
    op.drop_table("report_files")
    op.drop_table("reports")
