"""Trials over REST: a probe that is run once, now, from one agent; and what was asked before."""

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from forepost.wire.base import Json, Wire
from forepost.wire.probes.trial import MOST_COUNT, MOST_TIMEOUT_SEC
from forepost.wire.rest.topology import Status

TrialType = Literal[
    "DNS",
    "HTTP",
    "MQTT",
    "MTR",
    "NETINFO",
    "NTP",
    "PING",
    "REDIS",
    "SMTP",
    "SNMP",
    "SSH",
    "SYSINFO",
    "TCP",
    "TLS",
    "TRAFFICSIM",
    "UDP",
    "WEBSOCKET",
]


class NewTrial(Wire, frozen=True, kw_only=True):
    """Body of `POST .../trials`: the same fields as those of a probe."""

    type: TrialType
    target: Annotated[str, Meta(max_length=2_000)] = ""
    count: Annotated[int, Meta(ge=0, le=MOST_COUNT)] = 0
    """0: 4 of PING and MTR, else the usual one of its type."""
    timeout_sec: Annotated[int, Meta(ge=1, le=MOST_TIMEOUT_SEC)] = 5
    bind_interface: Annotated[str, Meta(max_length=15)] = ""
    metadata: Json = {}


class Trial(Wire, frozen=True, kw_only=True):
    """What was asked, and what came of it. Options in `metadata` are not kept."""

    id: int
    agent_id: int
    type: str
    target: str
    count: int
    timeout_sec: int
    asked_at: datetime
    asked_by: str
    """An e-mail address, or "key: " and the name of an API key."""
    took_ms: float
    status: Status
    reason: str
    """Why it is not healthy."""
    words: str
    """The figure of its type: "12.3 ms, 20 % lost"."""
    payload: msgspec.Raw
    """As of a result of this type; null in lists."""
