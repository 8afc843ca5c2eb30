"""What changed, and what it is compared with."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from forepost.controller.db.tables.columns import Instant, id_column, metadata

changes = Table(
    "changes",
    metadata,
    id_column(),
    # Null: of all workspaces.
    Column("workspace_id", ForeignKey("workspaces.id")),
    Column("agent_id", Integer),
    Column("probe_id", Integer),
    Column("kind", String(16), nullable=False),
    Column("target", Text, nullable=False),
    Column("before", String(200), nullable=False),
    Column("after", String(200), nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Index("ix_changes_workspace_id_at", "workspace_id", "at"),
    Index("ix_changes_at", "at"),
    sqlite_autoincrement=True,
)

change_states = Table(
    "change_states",
    metadata,
    Column("agent_id", ForeignKey("agents.id"), primary_key=True),
    # 0: of the agent itself.
    Column("probe_id", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), primary_key=True),
    Column("target", String(2_000), primary_key=True),
    Column("value", String(200), nullable=False),
    Column("words", Text, nullable=False),
    Column("at_us", BigInteger, nullable=False),
)
"""What results said last of a route, an address, a certificate."""
