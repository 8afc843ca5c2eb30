"""whose trade of a PIN it was, so that an answer that was lost can be given again"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "pins", sa.Column("nonce_sha256", sa.String(64), nullable=False, server_default="")
    )


def downgrade() -> None:
    op.drop_column("pins", "nonce_sha256")
