"""Microservices of a workspace, for which agents they are, and what those say of them."""

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from forepost.controller.db.tables.columns import Instant, id_column, metadata, times


def _once_named(table: str) -> Index:
    return Index(
        f"uq_{table}_workspace_id_external_id",
        "workspace_id",
        "external_id",
        unique=True,
        sqlite_where=text("external_id <> ''"),
        postgresql_where=text("external_id <> ''"),
    )


microservices = Table(
    "microservices",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("uuid", String(64), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    # A wire `Microservice` as JSON; the columns down to `registry` are read out of it.
    Column("manifest", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("registry", String(200), nullable=False),
    # Labels that an agent must have; empty: those of `microservice_agents`.
    Column("labels", JSON, nullable=False),
    # How a changed manifest goes out; null: to all at once.
    Column("rollout", JSON),
    Column("external_id", String(200), nullable=False),
    Column("revision", Integer, nullable=False),
    *times(),
    UniqueConstraint("workspace_id", "name"),
    _once_named("microservices"),
    sqlite_autoincrement=True,
)

microservice_agents = Table(
    "microservice_agents",
    metadata,
    Column("microservice_id", ForeignKey("microservices.id", ondelete="CASCADE"), primary_key=True),
    Column("agent_id", ForeignKey("agents.id"), primary_key=True, index=True),
)

microservice_rollouts = Table(
    "microservice_rollouts",
    metadata,
    Column("microservice_id", ForeignKey("microservices.id", ondelete="CASCADE"), primary_key=True),
    Column("state", String(16), nullable=False, index=True),
    Column("rule", JSON, nullable=False),
    Column("wave", Integer, nullable=False),
    Column("reached", JSON, nullable=False),
    # What agents have that are not reached: a manifest, and what is read out of it.
    Column("former", Text, nullable=False),
    Column("former_digest", String(64), nullable=False),
    Column("former_fingerprint", String(64), nullable=False),
    Column("former_registry", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("wave_at", Instant, nullable=False),
    Column("good_since", Instant),
    Column("ended_at", Instant),
)
"""The newest roll-out of a microservice, under way or over."""

image_registries = Table(
    "image_registries",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("url", String(500), nullable=False),
    Column("username", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("external_id", String(200), nullable=False),
    Column("revision", Integer, nullable=False),
    *times(),
    UniqueConstraint("workspace_id", "name"),
    _once_named("image_registries"),
    sqlite_autoincrement=True,
)

agent_microservices = Table(
    "agent_microservices",
    metadata,
    Column("agent_id", ForeignKey("agents.id"), primary_key=True),
    Column("report", Text, nullable=False),
    Column("said_at", Instant, nullable=False),
)
"""What an agent said last of its microservices, as JSON."""
