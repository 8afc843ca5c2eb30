"""Whether a channel works, by its newest deliveries: pure."""

from datetime import datetime, timedelta
from typing import Any

import msgspec

from forepost.controller.notify.channel_state import outcome_of, standing_of
from forepost.wire.rest.notify import DeliveryState
from tests.fakes.clock import START


class _End(msgspec.Struct):
    state: DeliveryState
    receiver: str = "channel:1"
    attempts: int = 1
    last_error: str = ""
    created_at: datetime = START
    sent_at: datetime | None = None


def ends(*of: Any) -> list[_End]:
    return [_End(*one) for one in of]


def test_what_was_tried_last_tells() -> None:
    assert standing_of([]) == "untried"
    assert standing_of(ends(("pending", "r", 0))) == "untried"
    assert standing_of(ends(("sent",), ("failed", "channel:1", 4, "HTTP 500"))) == "ok"
    assert standing_of(ends(("failed", "channel:1", 4, "HTTP 500"), ("sent",))) == "failing"
    waits = ends(("pending", "channel:1", 0), ("pending", "channel:1", 2, "HTTP 500"), ("sent",))
    assert standing_of(waits) == "failing", "one that waits behind it says nothing"
    assert standing_of(ends(("superseded", "channel:1", 1, "moved"), ("sent",))) == "ok"


def test_one_receiver_that_fails_is_enough() -> None:
    found = ends(("sent", "a"), ("failed", "b", 3, "mail: 550"), ("sent", "b"), ("failed", "a"))
    assert standing_of(found) == "failing"
    outcome = outcome_of(found)
    assert outcome is not None
    assert (outcome.state, outcome.error) == ("failed", "mail: 550")


def test_the_newest_is_shown() -> None:
    assert outcome_of([]) is None
    later = START + timedelta(seconds=3)
    outcome = outcome_of(ends(("sent", "a", 1, "", START, later), ("failed", "a", 3, "HTTP 500")))
    assert outcome is not None
    assert (outcome.state, outcome.at, outcome.error) == ("sent", later, "")
