"""What is different where the metadata is in PostgreSQL: time-outs, and one controller alone."""

from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

OPTIONS: Final[dict[str, Any]] = {
    "pool_timeout": 5.0,
    "pool_recycle": 1_800,
    "connect_args": {
        "timeout": 5.0,
        "command_timeout": 60.0,
        "server_settings": {
            "application_name": "forepost",
            "statement_timeout": "30000",
            "lock_timeout": "10000",
            "idle_in_transaction_session_timeout": "60000",
        },
    },
}
"""Of an engine. A statement ends after 30 s; where the server is silent, after 60."""
MIGRATING: Final = 0x666F7265_706F7301
ALONE: Final = 0x666F7265_706F7302
"""Numbers of advisory locks: "forepos" and one more."""


async def wait_for_migrations(connection: AsyncConnection) -> None:
    """Wait until nobody else migrates this database; the lock ends with the transaction."""
    for statement in (
        "SET LOCAL statement_timeout = 0",
        "SET LOCAL lock_timeout = 0",
        f"SELECT pg_advisory_xact_lock({MIGRATING})",
    ):
        await connection.exec_driver_sql(statement)


async def try_alone(connection: AsyncConnection) -> bool:
    """Have this database for oneself, for as long as the connection lives; False: another has."""
    asked = await connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({ALONE})")
    had = bool(asked.scalar_one())
    await connection.commit()
    return had
