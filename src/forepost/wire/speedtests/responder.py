"""What a speed test and our responder say to each other over TCP, before the bytes that count.

The responder speaks first. Each of these is one line of JSON of `MOST_LINE` bytes at most. After a
verdict without an error: "download" is a stream of random bytes towards the client, "upload" one
from it; on "control" each `ECHO` (a number) comes back as an `ECHOED` (that number, ns of the
responder's clock, bytes that it received of this test's uploads so far).
"""

import struct
from typing import Annotated, Final, Literal

from msgspec import Meta

from forepost.wire.base import Wire

MOST_LINE: Final = 1_024
ECHO: Final = struct.Struct("!Q")
ECHOED: Final = struct.Struct("!QQQ")

Role = Literal["control", "download", "upload"]


class Greeting(Wire, frozen=True, kw_only=True):
    forepost_speed: int = 1
    """Version of what follows."""
    nonce: Annotated[str, Meta(max_length=64)]


class Request(Wire, frozen=True, kw_only=True):
    role: Role
    test: Annotated[str, Meta(min_length=1, max_length=64)]
    """The same for all connections of one test."""
    sec: Annotated[float, Meta(gt=0, le=600)]
    """How long the stream is wanted."""
    ticket: Annotated[str, Meta(max_length=200)] = ""
    """What the controller gave for this test; empty: the token of the responder's settings."""
    mac: Annotated[str, Meta(max_length=64)] = ""
    """HMAC-SHA256 of nonce, role and test by the ticket's secret or the token, in hex."""


class Verdict(Wire, frozen=True, kw_only=True):
    """Empty: go on."""

    error: Annotated[str, Meta(max_length=500)] = ""
