"""a maintenance window comes every so many days, weeks or months"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "maintenance_windows", sa.Column("every", sa.Integer(), server_default="1", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("maintenance_windows", "every")
