"""Stored rows as REST and live clients see them. Pure."""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from forepost.controller.series.port import Row
from forepost.wire.disclosure import public_target, without_secrets
from forepost.wire.rest.bodies import ResultRow

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_US: Final = -62_135_596_800_000_000
_LAST_US: Final = 253_402_300_799_999_999
"""The years 1 and 9999."""


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
    """The nearest time that can be written: one row that was kept with another must not keep its
    neighbours from being read.
    """
    return _EPOCH + timedelta(microseconds=min(max(micros, _FIRST_US), _LAST_US))
