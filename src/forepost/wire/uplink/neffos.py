"""The framing of the agent's WebSocket: neffos, seven fields joined by semicolons. Pure.

    wait;namespace;room;event;isError;isNoOp;body

Source: contracts of the public NetWatcher agent; https://github.com/kataras/neffos.
"""

from typing import Final

import msgspec

HELLO: Final = "M"
ACCEPTED: Final = "A"
REFUSED: Final = "H"

CONNECT: Final = "_OnNamespaceConnect"
DISCONNECT: Final = "_OnNamespaceDisconnect"

_SEMICOLON = "@%!semicolon@%!"
_FLAGS: Final = {"0": False, "1": True, "": False}


class Malformed(ValueError):
    """The text is no neffos message."""


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One message. `body` is raw text (JSON for us); for an error it is the error's text."""

    namespace: str
    event: str
    body: str = ""
    wait: str = ""
    """Reply token: a frame that carries one wants an answer with the same token."""
    is_error: bool = False
    room: str = ""
    is_no_op: bool = False


def encode(frame: Frame) -> str:
    fields = (
        frame.wait,
        frame.namespace.replace(";", _SEMICOLON),
        frame.room.replace(";", _SEMICOLON),
        frame.event.replace(";", _SEMICOLON),
        "1" if frame.is_error else "0",
        "1" if frame.is_no_op else "0",
        frame.body,
    )
    return ";".join(fields)


def empty_reply(wait: str) -> str:
    """A reply without data is the token and six semicolons, the flags left out."""
    return wait + ";;;;;;"


def decode(text: str) -> Frame:
    """Split one message; the body may itself contain semicolons. Raises Malformed."""
    fields = text.split(";", 6)
    if len(fields) != 7:
        raise Malformed(f"a message has seven fields, this one {len(fields)}")
    wait, namespace, room, event, is_error, is_no_op, body = fields
    if is_error not in _FLAGS or is_no_op not in _FLAGS:
        raise Malformed("isError and isNoOp are 0 or 1")
    if "@" in namespace or "@" in room or "@" in event:
        namespace, room, event = (
            name.replace(_SEMICOLON, ";") for name in (namespace, room, event)
        )
    return Frame(namespace, event, body, wait, _FLAGS[is_error], room, _FLAGS[is_no_op])
