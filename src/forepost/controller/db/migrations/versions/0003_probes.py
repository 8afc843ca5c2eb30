"""AGENT probes in both directions, TRAFFICSIM of agents, addresses, external ids"""

import sqlalchemy as sa
from alembic import op

from forepost.controller.db.tables.columns import Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NEVER_REUSED = {"sqlite_autoincrement": True}
"""An id that comes again would show the results of a probe that was deleted."""
NAMED = sa.text("external_id <> ''")
NAMED_AND_THERE = sa.text("external_id <> '' AND deleted_at IS NULL")


def upgrade() -> None:
    with op.batch_alter_table("agents", table_kwargs=NEVER_REUSED) as agents:
        agents.add_column(
            sa.Column("trafficsim_enabled", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        agents.add_column(
            sa.Column("trafficsim_host", sa.String(length=64), server_default="", nullable=False)
        )
        agents.add_column(
            sa.Column("trafficsim_port", sa.Integer(), server_default="5000", nullable=False)
        )
        agents.add_column(
            sa.Column("external_id", sa.String(length=200), server_default="", nullable=False)
        )
    op.create_index(
        "uq_agents_workspace_id_external_id",
        "agents",
        ["workspace_id", "external_id"],
        unique=True,
        sqlite_where=NAMED_AND_THERE,
        postgresql_where=NAMED_AND_THERE,
    )
    op.create_table(
        "agent_addresses",
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("public_address", sa.String(length=64), nullable=False),
        sa.Column("private_addresses", sa.JSON(), nullable=False),
        sa.Column("reported_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_agent_addresses_agent_id")
        ),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_agent_addresses")),
    )
    with op.batch_alter_table("probes", table_kwargs=NEVER_REUSED) as probes:
        probes.add_column(
            sa.Column("bidirectional", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        probes.add_column(sa.Column("reverse_of", sa.Integer(), nullable=True))
        probes.add_column(
            sa.Column("external_id", sa.String(length=200), server_default="", nullable=False)
        )
        probes.create_foreign_key(
            op.f("fk_probes_reverse_of"), "probes", ["reverse_of"], ["id"], ondelete="CASCADE"
        )
    op.create_index(op.f("ix_probes_reverse_of"), "probes", ["reverse_of"])
    op.create_index(
        "uq_probes_workspace_id_external_id",
        "probes",
        ["workspace_id", "external_id"],
        unique=True,
        sqlite_where=NAMED,
        postgresql_where=NAMED,
    )


def downgrade() -> None:
    op.drop_index("uq_probes_workspace_id_external_id", table_name="probes")
    op.drop_index(op.f("ix_probes_reverse_of"), table_name="probes")
    with op.batch_alter_table("probes", table_kwargs=NEVER_REUSED) as probes:
        probes.drop_constraint(op.f("fk_probes_reverse_of"), type_="foreignkey")
        probes.drop_column("external_id")
        probes.drop_column("reverse_of")
        probes.drop_column("bidirectional")
    op.drop_table("agent_addresses")
    op.drop_index("uq_agents_workspace_id_external_id", table_name="agents")
    with op.batch_alter_table("agents", table_kwargs=NEVER_REUSED) as agents:
        agents.drop_column("external_id")
        agents.drop_column("trafficsim_port")
        agents.drop_column("trafficsim_host")
        agents.drop_column("trafficsim_enabled")
