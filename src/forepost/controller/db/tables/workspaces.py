"""What is theirs, and who else may touch it."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from forepost.controller.db.tables.columns import Instant, id_column, json_column, metadata, times

workspaces = Table(
    "workspaces",
    metadata,
    id_column(),
    Column("name", String(200), nullable=False),
    Column("description", Text, nullable=False),
    json_column("settings"),
    Column("owner_id", ForeignKey("users.id"), nullable=False),
    Column("deleted_at", Instant),
    *times(),
    # Names are unique for their owner only: across tenants the answer would tell of others' names.
    Index(
        "uq_workspaces_owner_id_name",
        "owner_id",
        "name",
        unique=True,
        sqlite_where=text("deleted_at IS NULL"),
        postgresql_where=text("deleted_at IS NULL"),
    ),
    sqlite_autoincrement=True,
)

members = Table(
    "members",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    # None: invited, and not yet come; until then `email` says whom the invitation is for.
    Column("user_id", ForeignKey("users.id"), index=True),
    Column("email", String(254), nullable=False, server_default=""),
    Column("role", String(16), nullable=False),
    json_column("meta"),
    Column("invited_at", Instant),
    Column("accepted_at", Instant),
    Column("invite_expires_at", Instant),
    Column("invite_sha256", String(64), nullable=False, server_default="", index=True),
    # Whose right the invitation is; the key, where one made it.
    Column("invited_by", ForeignKey("users.id")),
    Column("invited_by_key", Integer),
    # The account that was named by its number; the others are named by their address.
    Column("invited_user_id", ForeignKey("users.id")),
    # Nobody but the owner of the address was ever shown the token: who has it is that owner.
    Column("token_mailed", Boolean, nullable=False, server_default=false()),
    *times(),
    UniqueConstraint("workspace_id", "user_id"),
    Index(
        "uq_members_workspace_id_email",
        "workspace_id",
        "email",
        unique=True,
        sqlite_where=text("email <> ''"),
        postgresql_where=text("email <> ''"),
    ),
    sqlite_autoincrement=True,
)
