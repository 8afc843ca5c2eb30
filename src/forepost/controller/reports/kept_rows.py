"""Rows of reports as they are read. One that is damaged costs itself, and nobody else's report."""

import logging
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from sqlalchemy import Row, Select, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.tables.reports import reports
from forepost.wire.rest.reports import KeptReport

DAMAGED: Final = "its row in the store is damaged: set it anew, or delete it"
_NO_TEXT: Final = "UTF-8"
"""What SQLite says of a text that is none."""
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)

_log = logging.getLogger(__name__)


def kept_report(row: Row[Any]) -> KeptReport:
    """Raises ValueError where it is not as it was written."""
    fields = {name: row._mapping[name] for name in KeptReport.__struct_fields__}  # noqa: SLF001 - SQLAlchemy's name for it
    return msgspec.convert(fields, KeptReport)


async def read_each(connection: AsyncConnection, which: Select[int, int]) -> list[KeptReport]:
    """Those whose id and workspace `which` selects, in its order; for a damaged one, what says so
    and can be set anew or deleted.
    """
    found = []
    for report_id, workspace_id in (await connection.execute(which)).all():
        query = select(reports).where(reports.c.id == report_id)
        try:
            row = (await connection.execute(query)).one_or_none()
            if row is not None:
                found.append(kept_report(row))
        except (ValueError, TypeError, DBAPIError) as error:
            if isinstance(error, DBAPIError) and _NO_TEXT not in str(error):
                raise
            _log.error("report %d: %s: %s", report_id, DAMAGED, error)
            found.append(_stand_in(report_id, workspace_id))
    return found


def _stand_in(report_id: int, workspace_id: int) -> KeptReport:
    return KeptReport(
        id=report_id,
        workspace_id=workspace_id,
        name=f"Report {report_id} (damaged)",
        enabled=False,
        due_at=None,
        last_run_at=None,
        last_error=DAMAGED,
        created_at=_NEVER,
        updated_at=_NEVER,
    )
