"""What the command says to the agent of its host over the control socket, and what comes back.

One request to a connection, as one line of JSON. Then come lines of `said` as there is something to
say, and at the end one of `done` or `failed`. Whoever asks keeps both halves of the connection open
until then: an end is how the agent sees that nobody waits any more.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from forepost.wire.base import Wire

MOST_REQUEST = 1 << 20
"""Bytes of a request."""


class ControlRequest(Wire, frozen=True):
    do: Annotated[str, Meta(min_length=1, max_length=100)]
    """A verb of a subject, such as `jobs.run`."""
    body: msgspec.Raw = msgspec.Raw(b"{}")
    """As the verb wants it."""


class ControlSaid(Wire, frozen=True, tag="said"):
    """One piece of an answer that goes on."""

    body: msgspec.Raw


class ControlDone(Wire, frozen=True, tag="done"):
    body: msgspec.Raw


class ControlFailed(Wire, frozen=True, tag="failed"):
    reason: str
    """With the name of the field where it is one."""
    wrong_request: bool = False
    """Nothing was done; else it was, in part."""


ControlReply = ControlSaid | ControlDone | ControlFailed
