"""one spelling for each target: of probes, and of what open alerts are about"""

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


def upgrade() -> None:
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
    pass


def _streak(rule_id: int, line: list[Any]) -> str:
    return hashlib.blake2b(_text([rule_id, line]).encode(), digest_size=16).hexdigest()


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
