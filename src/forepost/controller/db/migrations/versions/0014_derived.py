"""who made what lets others in, locked accounts, PINs that always expire"""

import sqlalchemy as sa
from alembic import op

from forepost.controller.db.tables.columns import Instant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

NEVER_REUSED = {"sqlite_autoincrement": True}


def upgrade() -> None:
    op.add_column("users", sa.Column("locked_at", Instant(), nullable=True))
    op.add_column("share_links", sa.Column("api_key_id", sa.Integer(), nullable=True))
    op.add_column(
        "agents", sa.Column("psk_pin_id", sa.Integer(), server_default="0", nullable=False)
    )
    op.execute(
        "UPDATE agents SET psk_pin_id = coalesce((SELECT max(p.id) FROM pins p"
        " WHERE p.agent_id = agents.id AND p.consumed_at IS NOT NULL), 0) WHERE psk_sha256 <> ''"
    )
    # Until now some never expired: they are good for the day from which they always are.
    day = "datetime(created_at, '+1 day')"
    if op.get_bind().dialect.name == "postgresql":
        day = "created_at + interval '1 day'"
    op.execute(f"UPDATE pins SET expires_at = {day} WHERE expires_at IS NULL")  # noqa: S608 - ours
    with op.batch_alter_table("pins", table_kwargs=NEVER_REUSED) as pins:
        pins.alter_column("expires_at", existing_type=Instant(), nullable=False)
        pins.add_column(sa.Column("created_by", sa.Integer(), nullable=True))
        pins.add_column(sa.Column("api_key_id", sa.Integer(), nullable=True))
        pins.create_foreign_key(op.f("fk_pins_created_by"), "users", ["created_by"], ["id"])
    _who_issued()


def _who_issued() -> None:
    """As the audit log knows it: whoever asked for one last. A PIN of nobody lets nobody in."""
    last = (
        "SELECT max(a.id) FROM audit a WHERE a.object_id = pins.agent_id"
        " AND a.action IN ('agents.issue-pin', 'agents.create') AND a.status < 300"
    )
    op.execute(
        f"UPDATE pins SET api_key_id = (SELECT a.api_key_id FROM audit a WHERE a.id = ({last}))"  # noqa: S608 - ours
    )
    op.execute(
        "UPDATE pins SET created_by = (SELECT u.id FROM audit a"  # noqa: S608 - ours
        " LEFT JOIN api_keys k ON k.id = a.api_key_id"
        f" JOIN users u ON u.id = coalesce(a.user_id, k.created_by) WHERE a.id = ({last}))"
    )


def downgrade() -> None:
    with op.batch_alter_table("pins", table_kwargs=NEVER_REUSED) as pins:
        pins.drop_constraint(op.f("fk_pins_created_by"), type_="foreignkey")
        pins.drop_column("api_key_id")
        pins.drop_column("created_by")
        pins.alter_column("expires_at", existing_type=Instant(), nullable=True)
    op.drop_column("agents", "psk_pin_id")
    op.drop_column("share_links", "api_key_id")
    op.drop_column("users", "locked_at")
