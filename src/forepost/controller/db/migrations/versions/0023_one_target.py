"""one spelling for each target, of probes and of what open alerts are about; changes of alerts"""

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from alembic import op

from forepost.kit.one_target import one_target

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


SQLITE = (
    """CREATE TRIGGER alert_made AFTER INSERT ON alerts BEGIN
    INSERT OR REPLACE INTO alert_changes (workspace_id, alert_id)
    VALUES (NEW.workspace_id, NEW.id); END""",
    """CREATE TRIGGER alert_changed AFTER UPDATE ON alerts BEGIN
    INSERT OR REPLACE INTO alert_changes (workspace_id, alert_id)
    VALUES (NEW.workspace_id, NEW.id); END""",
    """CREATE TRIGGER alert_deleted AFTER DELETE ON alerts BEGIN
    DELETE FROM alert_changes WHERE alert_id = OLD.id; END""",
)
# The lock is held until the transaction ends: numbers are given out in the order of commits.
POSTGRESQL = (
    """CREATE FUNCTION alert_changes_note() RETURNS trigger AS $$ BEGIN
    PERFORM pg_advisory_xact_lock(23, 1);
    IF TG_OP = 'DELETE' THEN
      DELETE FROM alert_changes WHERE alert_id = OLD.id; RETURN OLD;
    END IF;
    DELETE FROM alert_changes WHERE alert_id = NEW.id;
    INSERT INTO alert_changes (workspace_id, alert_id) VALUES (NEW.workspace_id, NEW.id);
    RETURN NEW; END $$ LANGUAGE plpgsql""",
    """CREATE TRIGGER alert_changed AFTER INSERT OR UPDATE OR DELETE ON alerts
    FOR EACH ROW EXECUTE FUNCTION alert_changes_note()""",
)


def upgrade() -> None:
    _spell()
    op.create_table(
        "alert_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.Integer(), nullable=False),
        sa.Column("alert_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_changes")),
        sqlite_autoincrement=True,
    )
    op.create_index("uq_alert_changes_alert_id", "alert_changes", ["alert_id"], unique=True)
    op.create_index("ix_alert_changes_workspace_id_id", "alert_changes", ["workspace_id", "id"])
    op.execute(
        "INSERT INTO alert_changes (workspace_id, alert_id)"
        " SELECT workspace_id, id FROM alerts ORDER BY updated_at, id"
    )
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)


def _spell() -> None:
    connection = op.get_bind()
    targets = sa.table("probe_targets", sa.column("id"), sa.column("target"))
    for row in connection.execute(sa.select(targets)).all():
        if one_target(row.target) != row.target:
            connection.execute(
                targets.update().where(targets.c.id == row.id).values(target=one_target(row.target))
            )
    alerts = sa.table(
        "alerts",
        *map(sa.column, ("id", "alert_rule_id", "subject", "streak", "resolved_at")),
    )
    is_open = alerts.c.resolved_at.is_(None)
    taken = set(connection.scalars(sa.select(alerts.c.streak).where(is_open)))
    for row in connection.execute(sa.select(alerts).where(is_open)).all():
        line = json.loads(row.subject)
        target = one_target(line[3])
        if target == line[3]:
            continue
        streak = _streak(row.alert_rule_id, [*line[:3], target])
        # Two open alerts about one target: the other one stays, and goes as all do whose line is
        # not heard of any more.
        if streak in taken:
            continue
        taken.add(streak)
        connection.execute(
            alerts.update()
            .where(alerts.c.id == row.id)
            .values(subject=_text([*line[:3], target]), streak=streak)
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("alert_made", "alert_changed", "alert_deleted"):
            op.execute(f"DROP TRIGGER {name}")
    else:
        op.execute("DROP TRIGGER alert_changed ON alerts")
        op.execute("DROP FUNCTION alert_changes_note()")
    op.drop_table("alert_changes")


def _streak(rule_id: int, line: list[Any]) -> str:
    return hashlib.blake2b(_text([rule_id, line]).encode(), digest_size=16).hexdigest()


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
