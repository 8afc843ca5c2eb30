"""share links of one probe, and of one part of time"""

import sqlalchemy as sa
from alembic import op

from forepost.controller.db.tables.columns import Instant

revision = "0033"
down_revision = "0031"
branch_labels = None
depends_on = None

NEVER_REUSED = {"sqlite_autoincrement": True}


def upgrade() -> None:
    with op.batch_alter_table("share_links", table_kwargs=NEVER_REUSED) as links:
        links.add_column(sa.Column("probe_id", sa.Integer(), nullable=True))
        links.add_column(sa.Column("shown_from", Instant(), nullable=True))
        links.add_column(sa.Column("shown_to", Instant(), nullable=True))
        links.create_foreign_key(
            op.f("fk_share_links_probe_id"), "probes", ["probe_id"], ["id"], ondelete="CASCADE"
        )
        links.create_index(op.f("ix_share_links_probe_id"), ["probe_id"])


def downgrade() -> None:
    with op.batch_alter_table("share_links", table_kwargs=NEVER_REUSED) as links:
        links.drop_index(op.f("ix_share_links_probe_id"))
        links.drop_constraint(op.f("fk_share_links_probe_id"), type_="foreignkey")
        for column in ("shown_to", "shown_from", "probe_id"):
            links.drop_column(column)
