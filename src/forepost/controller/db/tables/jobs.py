"""Jobs of a workspace, their runs, and what became of each at each agent."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
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

from forepost.controller.db.tables.columns import Instant, id_column, metadata, times

jobs = Table(
    "jobs",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("uid", String(32), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("type", String(16), nullable=False),
    # Of `job_specs`: the job as it is now.
    Column("digest", String(64), nullable=False),
    Column("has_scripts", Boolean, nullable=False),
    Column("has_schedule", Boolean, nullable=False),
    # Wire `JobGroup`s.
    Column("groups", JSON, nullable=False),
    Column("when_offline", String(16), nullable=False),
    Column("ttl_sec", Integer, nullable=False),
    # A wire `JobNotices`; null: nobody is told.
    Column("notices", JSON),
    Column("external_id", String(200), nullable=False),
    Column("revision", Integer, nullable=False),
    *times(),
    UniqueConstraint("workspace_id", "name"),
    Index(
        "uq_jobs_workspace_id_external_id",
        "workspace_id",
        "external_id",
        unique=True,
        sqlite_where=text("external_id <> ''"),
        postgresql_where=text("external_id <> ''"),
    ),
    sqlite_autoincrement=True,
)

job_specs = Table(
    "job_specs",
    metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", String(64), primary_key=True),
    # A wire `JobBase` as JSON.
    Column("spec", Text, nullable=False),
)
"""A job as it is, and as it was when runs began that are kept."""

job_agents = Table(
    "job_agents",
    metadata,
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("agent_id", ForeignKey("agents.id"), primary_key=True, index=True),
    Column("permission", String(2), nullable=False),
    Column("path", Text, nullable=False),
)
"""Agents that a job names; those of its groups are found by rule."""

job_runs = Table(
    "job_runs",
    metadata,
    id_column(),
    Column("workspace_id", ForeignKey("workspaces.id"), nullable=False),
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    # Of its newest attempt.
    Column("uid", String(32), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("type", String(16), nullable=False),
    Column("status", String(16), nullable=False, index=True),
    Column("wish", String(16), nullable=False),
    Column("phase", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    # Of a run that agents began by themselves.
    Column("scheduled_at", Instant),
    Column("when_offline", String(16), nullable=False),
    Column("expires_at", Instant),
    Column("jitter_sec", Float, nullable=False),
    # Agents at a time; 0: all.
    Column("concurrency", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("ended_at", Instant, index=True),
    UniqueConstraint("job_id", "scheduled_at"),
    Index("ix_job_runs_workspace_id_id", "workspace_id", "id"),
    Index("ix_job_runs_job_id_id", "job_id", "id"),
    sqlite_autoincrement=True,
)

job_run_agents = Table(
    "job_run_agents",
    metadata,
    Column("run_id", ForeignKey("job_runs.id", ondelete="CASCADE"), primary_key=True),
    Column("agent_id", ForeignKey("agents.id"), primary_key=True),
    Column("attempt", Integer, primary_key=True),
    # Whether a later attempt of this agent took its place.
    Column("is_former", Boolean, nullable=False),
    Column("uid", String(32), nullable=False),
    Column("permission", String(2), nullable=False),
    Column("path", Text, nullable=False),
    # Whether it is its turn: it is in the agent's document from then on.
    Column("is_released", Boolean, nullable=False),
    # When it was in a document that was read for the agent; null: the agent cannot know of it.
    Column("given_at", Instant),
    Column("state", String(16), nullable=False),
    Column("status", String(50), nullable=False),
    # Whether the run goes on without this agent, as it was away.
    Column("is_left_out", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    # Whether nothing is done until somebody confirms.
    Column("is_held", Boolean, server_default=false(), nullable=False),
    Column("exit_code", Integer),
    Column("script_sha256", String(64), nullable=False),
    Column("head", Text, nullable=False),
    Column("tail", Text, nullable=False),
    Column("left_out_bytes", BigInteger, nullable=False),
    # A wire `RunFigures`.
    Column("figures", JSON, nullable=False),
    Column("started_at", Instant),
    Column("ended_at", Instant),
    Column("said_at", Instant),
    Index("ix_job_run_agents_agent_id_uid", "agent_id", "uid"),
    Index("ix_job_run_agents_agent_id_state", "agent_id", "state"),
)

agent_job_hosts = Table(
    "agent_job_hosts",
    metadata,
    Column("agent_id", ForeignKey("agents.id"), primary_key=True),
    # A wire `JobHost` as JSON.
    Column("host", Text, nullable=False),
    # The address that its connection came from.
    Column("seen_from", String(64), nullable=False),
    Column("said_at", Instant, nullable=False),
)
"""What an agent said last of itself as a host of jobs."""

agent_tags = Table(
    "agent_tags",
    metadata,
    Column("agent_id", ForeignKey("agents.id"), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("value", Text, nullable=False),
    Column("is_removed", Boolean, nullable=False),
    # See wire `WantedTag`.
    Column("number", BigInteger, nullable=False),
)
"""What was set here last of an agent's tags."""

transfer_events = Table(
    "transfer_events",
    metadata,
    id_column(),
    Column("job_id", ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    Column("run_id", ForeignKey("job_runs.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("agent_id", ForeignKey("agents.id"), nullable=False),
    # The agent's own: what is said twice is there once.
    Column("number", BigInteger, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("at", Instant, nullable=False),
    Column("said_at", Instant, nullable=False, index=True),
    UniqueConstraint("agent_id", "number"),
    Index("ix_transfer_events_job_id_id", "job_id", "id"),
    sqlite_autoincrement=True,
)

site_runs = Table(
    "site_runs",
    metadata,
    id_column(),
    Column("agent_id", ForeignKey("agents.id"), nullable=False),
    Column("uid", String(32), nullable=False),
    Column("is_over", Boolean, nullable=False),
    # A wire `SiteRun` as JSON.
    Column("report", Text, nullable=False),
    Column("said_at", Instant, nullable=False),
    UniqueConstraint("agent_id", "uid"),
    sqlite_autoincrement=True,
)
"""Runs that an agent's own site has begun, as the agent said last."""
