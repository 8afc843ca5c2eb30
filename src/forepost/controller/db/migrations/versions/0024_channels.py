"""named channels, routes and templates of notices; who is told, by a key"""

import hashlib

import sqlalchemy as sa
from alembic import op

from forepost.controller.db.tables.columns import Instant

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

NAMED = sa.text("external_id <> ''")
OF_DELIVERIES = ("receiver", "channel_id", "thread", "headers", "note")


def upgrade() -> None:
    _table(
        "notice_templates",
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("webhook_body", sa.Text(), nullable=False),
    )
    _table(
        "notice_channels",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("addresses", sa.JSON(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("headers", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=True),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["notice_templates.id"],
            name=op.f("fk_notice_channels_template_id"),
            ondelete="SET NULL",
        ),
    )
    _table(
        "notice_routes",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("match", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=True),
        sa.Column("channel_ids", sa.JSON(), nullable=False),
        sa.Column("also", sa.Boolean(), nullable=False),
        sa.Column("stop", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
    )
    op.add_column(
        "alert_rules",
        sa.Column("channel_ids", sa.JSON(), server_default=sa.text("'[]'"), nullable=False),
    )
    op.add_column("alerts", sa.Column("routed_to", sa.Text(), server_default="[]", nullable=False))
    _deliveries()


def _table(name: str, *own: sa.Column[object] | sa.Constraint) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        *own,
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f(f"fk_{name}_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f(f"ix_{name}_workspace_id"), name, ["workspace_id"])
    op.create_index(
        f"uq_{name}_workspace_id_external_id",
        name,
        ["workspace_id", "external_id"],
        unique=True,
        sqlite_where=NAMED,
        postgresql_where=NAMED,
    )


def _deliveries() -> None:
    for name in ("receiver", "thread"):
        op.add_column(
            "deliveries", sa.Column(name, sa.String(length=64), server_default="", nullable=False)
        )
    op.add_column("deliveries", sa.Column("channel_id", sa.Integer()))
    op.add_column(
        "deliveries",
        sa.Column("headers", sa.JSON(), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column("deliveries", sa.Column("note", sa.Text(), server_default="", nullable=False))
    op.create_index("ix_deliveries_channel_id_id", "deliveries", ["channel_id", "id"])
    _keys()


def _keys() -> None:
    """What waits has the key of its channel: what comes after it waits for it, still."""
    table = sa.table(
        "deliveries",
        sa.column("id", sa.Integer),
        sa.column("rule_id", sa.Integer),
        sa.column("kind", sa.String),
        sa.column("destination", sa.Text),
        sa.column("state", sa.String),
        sa.column("course", sa.String),
        sa.column("receiver", sa.String),
    )
    waiting = sa.select(table).where(
        table.c.state.in_(("pending", "sending")), table.c.rule_id.is_not(None)
    )
    bound = op.get_bind()
    for row in bound.execute(waiting).all():
        digest = hashlib.blake2b(row.destination.encode(), digest_size=8).hexdigest()
        key = f"{row.kind}:{digest}"
        if row.kind == "webhook":
            key = f"rule:{row.rule_id}:webhook"
        course = row.course.partition(":")[0]
        bound.execute(
            sa.update(table)
            .where(table.c.id == row.id)
            .values(receiver=key, course=course and f"{course}:{key}")
        )


def downgrade() -> None:
    op.drop_index("ix_deliveries_channel_id_id", table_name="deliveries")
    for column in OF_DELIVERIES:
        op.drop_column("deliveries", column)
    op.drop_column("alerts", "routed_to")
    op.drop_column("alert_rules", "channel_ids")
    for name in ("notice_routes", "notice_channels", "notice_templates"):
        op.drop_table(name)
