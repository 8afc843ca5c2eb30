"""Agents and how they became known."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
    text,
)

from forepost.controller.db.tables.columns import Instant, id_column, json_column, metadata, times

agents = Table(
    "agents",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("location", String(200), nullable=False),
    Column("public_ip_override", String(64), nullable=False),
    Column("version", String(64), nullable=False),
    Column("last_seen_at", Instant),
    Column("psk_sha256", String(64), nullable=False),
    # The PIN that the PSK was given for: one that is no newer gives no other.
    Column("psk_pin_id", Integer, nullable=False, server_default="0"),
    Column("trafficsim_enabled", Boolean, nullable=False, server_default=false()),
    Column("trafficsim_host", String(64), nullable=False, server_default=""),
    Column("trafficsim_port", Integer, nullable=False, server_default="5000"),
    Column("external_id", String(200), nullable=False, server_default=""),
    Column("capabilities", JSON, nullable=False, server_default="[]"),
    json_column("labels"),
    json_column("metadata"),
    Column("deleted_at", Instant),
    *times(),
    Index(
        "uq_agents_workspace_id_external_id",
        "workspace_id",
        "external_id",
        unique=True,
        sqlite_where=text("external_id <> '' AND deleted_at IS NULL"),
        postgresql_where=text("external_id <> '' AND deleted_at IS NULL"),
    ),
    sqlite_autoincrement=True,
)

agent_addresses = Table(
    "agent_addresses",
    metadata,
    Column("agent_id", ForeignKey("agents.id"), primary_key=True),
    Column("public_address", String(64), nullable=False),
    Column("private_addresses", JSON, nullable=False),
    Column("gateway", String(64), nullable=False, server_default=""),
    Column("reported_at", Instant, nullable=False),
)
"""Where an agent was last, by its own NETINFO: what others measure towards while it is away."""

agent_documents = Table(
    "agent_documents",
    metadata,
    Column("agent_id", ForeignKey("agents.id"), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("revision", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("problems", JSON, nullable=False),
    Column("said_at", Instant, nullable=False),
)
"""What an agent said last of each document that it has; no row: it never took it."""

pins = Table(
    "pins",
    metadata,
    id_column(),
    Column("agent_id", ForeignKey("agents.id"), nullable=False, index=True),
    Column("pin_hash", String(200), nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("consumed_at", Instant),
    Column("created_at", Instant, nullable=False),
    # Whose right it is; the key, where one made it.
    Column("created_by", ForeignKey("users.id")),
    Column("api_key_id", Integer),
    # Who used it, so that only he is answered again; empty: he said nothing of the kind.
    Column("nonce_sha256", String(64), nullable=False, server_default=""),
    sqlite_autoincrement=True,
)
