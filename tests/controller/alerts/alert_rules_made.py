"""Rules, and what is beside them, for tests of what has no I/O."""

from collections.abc import Set as AbstractSet
from typing import Any

from forepost.controller.alerts.timers import StateFigures
from forepost.wire.rest.alerts import NewRule, Rule
from tests.fakes.clock import START


def rule(**fields: Any) -> Rule:
    """packet_loss > 5 everywhere in workspace 1."""
    number = fields.pop("id", 1)
    given: dict[str, Any] = {"metric": "packet_loss", "operator": ">", "threshold": 5.0} | fields
    new = NewRule(name="r", **given)
    shared = {
        field: getattr(new, field)
        for field in Rule.__struct_fields__
        if field in NewRule.__struct_fields__
    }
    return Rule(
        id=number,
        created_at=START,
        updated_at=START,
        workspace_id=1,
        has_webhook_secret=False,
        **shared,
    )


class FakeIncidents:
    async def open_counts(self) -> dict[int, int]:
        return {1: 2}


async def nothing_wrong(_workspace_id: int, _metrics: AbstractSet[str]) -> StateFigures:
    """No agent is in any trouble."""
    return {}
