"""Traffic of agents by minute, hour and day: sums, and lists of the largest."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
)

from forepost.controller.db.tables.columns import metadata

flow_sums = Table(
    "flow_sums",
    metadata,
    Column("workspace_id", ForeignKey("workspaces.id"), primary_key=True),
    # 0: all agents of the workspace together
    Column("agent_id", Integer, primary_key=True, autoincrement=False),
    # seconds: 60, 3600 or 86400
    Column("step", Integer, primary_key=True, autoincrement=False),
    # Unix seconds, a multiple of the step
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("bytes_in", BigInteger, nullable=False),
    Column("bytes_out", BigInteger, nullable=False),
    Column("packets_in", BigInteger, nullable=False),
    Column("packets_out", BigInteger, nullable=False),
    Column("flows", BigInteger, nullable=False),
    Column("reports", BigInteger, nullable=False),
    Column("packets", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("other_packets", BigInteger, nullable=False),
    Column("other_bytes", BigInteger, nullable=False),
    Column("missed", BigInteger, nullable=False),
    Column("refused_packets", BigInteger, nullable=False),
    Column("refused_bytes", BigInteger, nullable=False),
    Column("lost", BigInteger, nullable=False),
    Column("gap_ms", BigInteger, nullable=False),
    Column("uninspected_ms", BigInteger, nullable=False),
    # of an hour of an agent: which reports are in it, 8 bytes each
    Column("folded", LargeBinary, nullable=False),
    # of a day: its hours have what it has not
    Column("stale", Boolean, nullable=False),
    Index("ix_flow_sums_step_start", "step", "start"),
)

flow_lists = Table(
    "flow_lists",
    metadata,
    Column("workspace_id", ForeignKey("workspaces.id"), primary_key=True),
    Column("agent_id", Integer, primary_key=True, autoincrement=False),
    Column("step", Integer, primary_key=True, autoincrement=False),
    Column("kind", String(16), primary_key=True),
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    # zlib of MessagePack
    Column("kept", LargeBinary, nullable=False),
    Index("ix_flow_lists_step_start", "step", "start"),
)

flow_progress = Table(
    "flow_progress",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    # every report that came before is in the sums
    Column("received_us", BigInteger, nullable=False),
)
