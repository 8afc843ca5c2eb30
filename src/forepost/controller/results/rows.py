"""Stored rows as REST and live clients see them. Pure."""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from forepost.controller.series.port import Row
from forepost.wire.disclosure import public_target, without_secrets
from forepost.wire.rest import ResultRow

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def shown(row: Row) -> ResultRow:
    """Without what a URL hides, also of rows that were kept before they were kept so."""
    return ResultRow(
        probe_id=row.probe_id,
        probe_agent_id=row.probe_agent_id,
        agent_id=row.agent_id,
        triggered=row.triggered,
        triggered_reason=row.triggered_reason,
        created_at=instant(row.created_us),
        received_at=instant(row.received_us),
        type=row.type,
        payload=msgspec.Raw(without_secrets(row.payload, row.target)),
        target=public_target(row.target),
        target_agent=row.target_agent,
    )


def instant(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)
