"""what tells a controller that another process changed who may come in"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    made = op.create_table(
        "access_epoch",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_epoch")),
        sqlite_autoincrement=True,
    )
    op.bulk_insert(made, [{"epoch": 0}])


def downgrade() -> None:
    op.drop_table("access_epoch")
