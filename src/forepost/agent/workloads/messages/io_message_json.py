"""The ioMessage as JSON: all twenty keys, bytes in base64. Pure."""

import base64
import binascii
import math
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from forepost.agent.workloads.messages.io_message import (
    BYTES,
    WIDTHS,
    IoMessage,
    WrongMessage,
    encoded,
)

REQUIRED: Final = ("publisher", "version", "infotype", "infoformat", "contentdata")


def from_json(said: Mapping[str, Any]) -> IoMessage:
    """Keys that are not those of a message are passed over. Raises WrongMessage."""
    for name in REQUIRED:
        if said.get(name) is None:
            raise WrongMessage(f"Validation Error, Error: Missing input field {name}")
    version = said["version"]
    if isinstance(version, bool) or not isinstance(version, int) or version < 0:
        raise WrongMessage("Validation Error, Error: Missing input field version")
    found = {
        name: _value(name, said[name])
        for name in IoMessage.__struct_fields__
        if name != "version" and said.get(name) is not None
    }
    message = msgspec.convert(found, IoMessage)
    encoded(message)  # what has no room in its field is refused here
    return message


def to_json(message: IoMessage) -> dict[str, Any]:
    found = msgspec.structs.asdict(message)
    for name in BYTES:
        found[name] = base64.b64encode(found[name]).decode()
    return found


def _value(name: str, said: Any) -> str | int | bytes:
    if name in WIDTHS:
        if isinstance(said, bool) or not isinstance(said, int | float) or not math.isfinite(said):
            raise WrongMessage(f"Message Parsing Error, {name}: not a number")
        return int(said)
    if not isinstance(said, str):
        raise WrongMessage(f"Message Parsing Error, {name}: not a string")
    if name not in BYTES:
        return said
    try:
        return base64.b64decode(said, validate=True)
    except (binascii.Error, ValueError):
        raise WrongMessage(f"Message Parsing Error, {name}: not base64") from None
