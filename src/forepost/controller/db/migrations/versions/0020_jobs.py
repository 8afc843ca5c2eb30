"""jobs, their runs, and what agents say of both; what an audited request was about, in words"""

import sqlalchemy as sa
from alembic import op

from forepost.controller.db.tables.columns import Instant

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

NAMED = sa.text("external_id <> ''")


def _refers(table: str, column: str, to: str, *, goes_along: bool = False) -> sa.Constraint:
    return sa.ForeignKeyConstraint(
        [column],
        [to],
        name=op.f(f"fk_{table}_{column}"),
        ondelete="CASCADE" if goes_along else None,
    )


def upgrade() -> None:
    op.add_column(
        "audit", sa.Column("detail", sa.String(length=300), server_default="", nullable=False)
    )
    _jobs()
    _runs()
    op.create_table(
        "agent_job_hosts",
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("seen_from", sa.String(length=64), nullable=False),
        sa.Column("said_at", Instant(), nullable=False),
        _refers("agent_job_hosts", "agent_id", "agents.id"),
        sa.PrimaryKeyConstraint("agent_id", name=op.f("pk_agent_job_hosts")),
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("has_scripts", sa.Boolean(), nullable=False),
        sa.Column("has_schedule", sa.Boolean(), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("when_offline", sa.String(length=16), nullable=False),
        sa.Column("ttl_sec", sa.Integer(), nullable=False),
        sa.Column("notices", sa.JSON(), nullable=True),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        _refers("jobs", "workspace_id", "workspaces.id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("uid", name=op.f("uq_jobs_uid")),
        sa.UniqueConstraint("workspace_id", "name", name=op.f("uq_jobs_workspace_id_name")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_jobs_workspace_id_external_id",
        "jobs",
        ["workspace_id", "external_id"],
        unique=True,
        sqlite_where=NAMED,
        postgresql_where=NAMED,
    )
    op.create_table(
        "job_specs",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("spec", sa.Text(), nullable=False),
        _refers("job_specs", "job_id", "jobs.id", goes_along=True),
        sa.PrimaryKeyConstraint("job_id", "digest", name=op.f("pk_job_specs")),
    )
    op.create_table(
        "job_agents",
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("permission", sa.String(length=2), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        _refers("job_agents", "job_id", "jobs.id", goes_along=True),
        _refers("job_agents", "agent_id", "agents.id"),
        sa.PrimaryKeyConstraint("job_id", "agent_id", name=op.f("pk_job_agents")),
    )
    op.create_index(op.f("ix_job_agents_agent_id"), "job_agents", ["agent_id"])


def _runs() -> None:
    op.create_table(
        "job_runs",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("job_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("wish", sa.String(length=16), nullable=False),
        sa.Column("phase", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("scheduled_at", Instant(), nullable=True),
        sa.Column("when_offline", sa.String(length=16), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("jitter_sec", sa.Float(), nullable=False),
        sa.Column("concurrency", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        _refers("job_runs", "workspace_id", "workspaces.id"),
        _refers("job_runs", "job_id", "jobs.id", goes_along=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_runs")),
        sa.UniqueConstraint("job_id", "scheduled_at", name=op.f("uq_job_runs_job_id_scheduled_at")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_job_runs_status"), "job_runs", ["status"])
    op.create_index(op.f("ix_job_runs_ended_at"), "job_runs", ["ended_at"])
    op.create_index("ix_job_runs_workspace_id_id", "job_runs", ["workspace_id", "id"])
    op.create_index("ix_job_runs_job_id_id", "job_runs", ["job_id", "id"])
    op.create_table(
        "job_run_agents",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("is_former", sa.Boolean(), nullable=False),
        sa.Column("uid", sa.String(length=32), nullable=False),
        sa.Column("permission", sa.String(length=2), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("is_released", sa.Boolean(), nullable=False),
        sa.Column("given_at", Instant(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=50), nullable=False),
        sa.Column("is_left_out", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("exit_code", sa.Integer(), nullable=True),
        sa.Column("script_sha256", sa.String(length=64), nullable=False),
        sa.Column("head", sa.Text(), nullable=False),
        sa.Column("tail", sa.Text(), nullable=False),
        sa.Column("left_out_bytes", sa.BigInteger(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.Column("started_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("said_at", Instant(), nullable=True),
        _refers("job_run_agents", "run_id", "job_runs.id", goes_along=True),
        _refers("job_run_agents", "agent_id", "agents.id"),
        sa.PrimaryKeyConstraint("run_id", "agent_id", "attempt", name=op.f("pk_job_run_agents")),
    )
    op.create_index("ix_job_run_agents_agent_id_uid", "job_run_agents", ["agent_id", "uid"])
    op.create_index("ix_job_run_agents_agent_id_state", "job_run_agents", ["agent_id", "state"])


def downgrade() -> None:
    for table in (
        "agent_job_hosts",
        "job_run_agents",
        "job_runs",
        "job_agents",
        "job_specs",
        "jobs",
    ):
        op.drop_table(table)
    op.drop_column("audit", "detail")
