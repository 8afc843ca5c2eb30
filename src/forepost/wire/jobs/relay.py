"""The relay of a controller, for agents of a run that cannot reach each other.

Each of the two opens the WebSocket `PATH` with the headers of its conversation and the parameters
below. What one sends in binary frames the other gets, as it came and in order: the TLS between the
two is theirs, and the controller has no key to it. The relay says nothing itself; it closes with
one of these codes, and words.

The first frame of each is its certificate (DER), so that the other lets it in; all others are the
bytes of TLS, in which the one of the lesser device id is the client.
"""

from typing import Final

RELAY: Final = "relay"
"""The capability of a controller that has one."""
PATH: Final = "/ws/relay"
RUN: Final = "run"
"""Parameter: the uid of the run."""
ME: Final = "me"
"""Parameter: the device id of who asks."""
PEER: Final = "peer"
"""Parameter: the device id of the other."""
LINE: Final = "line"
"""Parameter: which of the lines between the two."""
CONTROL: Final = 0
"""A line: for words of both."""
LESSER_ASKS: Final = 1
"""A line: the one of the lesser device id asks for bytes on it."""
GREATER_ASKS: Final = 2
LINES: Final = (CONTROL, LESSER_ASKS, GREATER_ASKS)
MOST_FRAME: Final = 64 << 10
"""Bytes that an agent sends in one frame."""

NO_NEIGHBOURS: Final = 4001
"""The two are not neighbours in a run that is under way, or not any more: not to be tried again
before the document says so."""
FULL: Final = 4002
"""As many pairs are relayed as may be: to be tried again later."""
NOBODY: Final = 4003
"""The other is not there, did not come in time, or has left."""
IDLE: Final = 4004
ANEW: Final = 4005
"""The same agent has come once more."""
NO_BYTES: Final = 4006
"""A frame that is not binary."""
