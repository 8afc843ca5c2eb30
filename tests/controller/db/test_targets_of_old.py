"""What becomes of targets that an earlier version kept as they were typed."""

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from forepost.controller.alerts.alert_rows import streak_of
from forepost.controller.db.upgrade import upgrade

NOW = "2026-01-01 00:00:00"
LINE = (7, 10, "PING", "2001:DB8::0001")


def insert(connection: sa.Connection, table: str, **values: Any) -> None:
    """With something in every column that needs it."""
    kept = sa.Table(table, sa.MetaData(), autoload_with=connection)
    for column in kept.columns:
        if column.name not in values and not column.nullable and column.server_default is None:
            kind = column.type.python_type
            values[column.name] = NOW if "_at" in column.name else kind()
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({marks})"), values)


def test_they_get_their_one_spelling_and_open_alerts_go_on(tmp_path: Path) -> None:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'meta.sqlite'}")
    with engine.connect() as connection:
        upgrade(connection, "0022")
        connection.execute(sa.text("PRAGMA foreign_keys = OFF"))
        for number, target in enumerate(
            ("2001:DB8::0001", "Shop.Example.", "https://u:P@Shop.Example/A", "192.0.2.1"), 1
        ):
            insert(connection, "probe_targets", id=number, probe_id=7, target=target)
        common = {"alert_rule_id": 3, "labels": "{}", "metadata": "{}"}
        for number, line, resolved_at in ((1, LINE, None), (2, (7, 11, "MTR", "a"), None)):
            insert(
                connection,
                "alerts",
                id=number,
                alert_rule_id=common["alert_rule_id"],
                subject=json.dumps(line, separators=(",", ":")),
                streak=streak_of(3, line),
                resolved_at=resolved_at,
            )
        insert(
            connection,
            "alerts",
            id=3,
            alert_rule_id=3,
            subject=json.dumps(LINE, separators=(",", ":")),
            streak=streak_of(3, LINE),
            resolved_at=NOW,
        )
        connection.commit()
        upgrade(connection, "0023")
        connection.commit()

        targets = connection.scalars(sa.text("SELECT target FROM probe_targets ORDER BY id")).all()
        assert targets == [
            *("2001:db8::1", "shop.example", "https://u:P@shop.example/A", "192.0.2.1")
        ]
        found = connection.execute(sa.text("SELECT subject, streak FROM alerts ORDER BY id")).all()
        assert json.loads(found[0].subject) == [7, 10, "PING", "2001:db8::1"]
        assert found[0].streak == streak_of(3, (7, 10, "PING", "2001:db8::1"))
        assert found[1].streak == streak_of(3, (7, 11, "MTR", "a"))
        assert json.loads(found[2].subject) == list(LINE)
    engine.dispose()
