"""notices of one alert wait for each other, critical ones go first; how an alert ended"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "deliveries", sa.Column("course", sa.String(length=64), server_default="", nullable=False)
    )
    op.add_column(
        "deliveries", sa.Column("urgency", sa.Integer(), server_default="1", nullable=False)
    )
    op.create_index("ix_deliveries_course_id", "deliveries", ["course", "id"])
    op.add_column("alerts", sa.Column("notices", sa.Integer(), server_default="0", nullable=False))
    op.add_column(
        "alerts", sa.Column("ended", sa.String(length=16), server_default="", nullable=False)
    )
    op.add_column("alerts", sa.Column("last_value", sa.Float()))
    op.add_column("alerts", sa.Column("worst_value", sa.Float()))


def downgrade() -> None:
    for column in ("worst_value", "last_value", "ended", "notices"):
        op.drop_column("alerts", column)
    op.drop_index("ix_deliveries_course_id", table_name="deliveries")
    op.drop_column("deliveries", "urgency")
    op.drop_column("deliveries", "course")
