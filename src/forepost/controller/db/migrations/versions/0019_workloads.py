"""microservices, their agents, roll-outs and registries, and what agents say of them"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from forepost.controller.db.tables.columns import Instant

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

NAMED = sa.text("external_id <> ''")


def _owned(table: str, *columns: sa.Column[Any], unique: tuple[str, ...] = ()) -> None:
    """A table of things that a workspace has, each by a name."""
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        *columns,
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f(f"fk_{table}_workspace_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f(f"uq_{table}_workspace_id_name")),
        *(sa.UniqueConstraint(one, name=op.f(f"uq_{table}_{one}")) for one in unique),
        sqlite_autoincrement=True,
    )
    op.create_index(
        f"uq_{table}_workspace_id_external_id",
        table,
        ["workspace_id", "external_id"],
        unique=True,
        sqlite_where=NAMED,
        postgresql_where=NAMED,
    )


def _of_microservice(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["microservice_id"],
        ["microservices.id"],
        name=op.f(f"fk_{table}_microservice_id"),
        ondelete="CASCADE",
    )


def upgrade() -> None:
    _owned(
        "microservices",
        sa.Column("uuid", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("registry", sa.String(length=200), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("rollout", sa.JSON(), nullable=True),
        unique=("uuid",),
    )
    op.create_table(
        "microservice_agents",
        sa.Column("microservice_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        _of_microservice("microservice_agents"),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_microservice_agents_agent_id")
        ),
        sa.PrimaryKeyConstraint("microservice_id", "agent_id", name=op.f("pk_microservice_agents")),
    )
    op.create_index(op.f("ix_microservice_agents_agent_id"), "microservice_agents", ["agent_id"])
    op.create_table(
        "microservice_rollouts",
        sa.Column("microservice_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("reached", sa.JSON(), nullable=False),
        sa.Column("former", sa.Text(), nullable=False),
        sa.Column("former_digest", sa.String(length=64), nullable=False),
        sa.Column("former_fingerprint", sa.String(length=64), nullable=False),
        sa.Column("former_registry", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("began_at", Instant(), nullable=False),
        sa.Column("wave_at", Instant(), nullable=False),
        sa.Column("good_since", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        _of_microservice("microservice_rollouts"),
        sa.PrimaryKeyConstraint("microservice_id", name=op.f("pk_microservice_rollouts")),
    )
    op.create_index(op.f("ix_microservice_rollouts_state"), "microservice_rollouts", ["state"])
    _owned(
        "image_registries",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
    )
    op.create_table(
        "agent_microservices",
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("said_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agent_id"], ["agents.id"], name=op.f("fk_agent_microservices_agent_id")
        ),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_agent_microservices")),
    )


def downgrade() -> None:
    for table in (
        "agent_microservices",
        "image_registries",
        "microservice_rollouts",
        "microservice_agents",
        "microservices",
    ):
        op.drop_table(table)
