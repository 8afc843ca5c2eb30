"""The rules that a new workspace has: what anybody would want to hear of. SQL."""

from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.db.tables.alerts import alert_rules
from forepost.wire.rest.alerts import NewRule

_MADE: Final = "Made with the workspace: change it, switch it off or delete it."
DEFAULT_RULES: Final = (
    NewRule(
        name="Agent offline",
        description=_MADE,
        metric="offline",
        operator=">=",
        threshold=5.0,
        severity="critical",
        external_id="default-offline",
    ),
    NewRule(
        name="No answer",
        description=_MADE,
        metric="failure",
        operator=">",
        threshold=0.0,
        severity="critical",
        for_count=3,
        of_count=3,
        external_id="default-failure",
    ),
    NewRule(
        name="Packet loss",
        description=_MADE,
        metric="packet_loss",
        operator=">=",
        threshold=10.0,
        critical_threshold=50.0,
        recovery_threshold=5.0,
        for_count=3,
        of_count=5,
        external_id="default-loss",
    ),
    NewRule(
        name="Certificate ends",
        description=_MADE,
        metric="tls_expiry_days",
        operator="<",
        threshold=14.0,
        critical_threshold=3.0,
        external_id="default-certificate",
    ),
)
"""They tell the panel only: nobody gets a mail that he did not ask for."""


async def lay(connection: AsyncConnection, workspace_id: int, now: datetime) -> None:
    """Put them into a workspace that is being made."""
    times = {"created_at": now, "updated_at": now, "workspace_id": workspace_id}
    await connection.execute(
        insert(alert_rules),
        [{**msgspec.to_builtins(rule), **times} for rule in DEFAULT_RULES],
    )
