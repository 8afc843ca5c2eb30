"""answers of WHOIS and RDAP"""

import sqlalchemy as sa
from alembic import op

from forepost.controller.db.tables.columns import Instant

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "registry_answers",
        sa.Column("query", sa.String(length=253), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("parsed", sa.JSON(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("said_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("query", name=op.f("pk_registry_answers")),
    )
    op.create_index("ix_registry_answers_said_at", "registry_answers", ["said_at"])


def downgrade() -> None:
    op.drop_index("ix_registry_answers_said_at", table_name="registry_answers")
    op.drop_table("registry_answers")
