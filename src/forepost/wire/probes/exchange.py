"""What is said to a port, and what is expected of its answer."""

import re
from typing import Annotated, Final, Literal

from msgspec import Meta

Said = Annotated[str, Meta(max_length=4_000)]
Awaited = Annotated[str, Meta(max_length=2_000)]
AwaitedMatch = Literal["contains", "regex"]

SECRET: Final = frozenset({"send", "expect"})
PUBLIC: Final = frozenset({"expect_match"})
_ESCAPE: Final = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|.|\Z)", re.DOTALL)
_STANDS_FOR: Final = {"r": b"\r", "n": b"\n", "t": b"\t", "0": b"\0", "\\": b"\\"}


def written_bytes(text: str) -> bytes:
    r"""Return the bytes of a text in UTF-8, in which \r \n \t \0 \\ and \xNN stand for one byte.

    Raises ValueError.
    """
    found, start = bytearray(), 0
    for escape in _ESCAPE.finditer(text):
        found += text[start : escape.start()].encode()
        found += _byte(escape.group(), text[escape.start() : escape.start() + 4])
        start = escape.end()
    return bytes(found + text[start:].encode())


def check_exchange(send: str, expect: str, expect_match: AwaitedMatch) -> None:
    """Raises ValueError, with the name of the field."""
    for field, text in (("send", send), ("expect", expect)):
        if field == "expect" and expect_match == "regex":
            continue
        try:
            written_bytes(text)
        except ValueError as error:
            raise ValueError(f"{field}: {error}") from None
    if expect_match == "regex":
        try:
            re.compile(expect)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"expect: no regular expression: {error}") from None


def _byte(escape: str, shown: str) -> bytes:
    if len(escape) == len(r"\xNN"):
        return bytes.fromhex(escape[2:])
    if escape == "\\":
        raise ValueError("a backslash at its end; write two")
    if escape[1] not in _STANDS_FOR:
        shown = shown if escape[1] == "x" else escape
        raise ValueError(f"'{shown}' stands for no byte")
    return _STANDS_FOR[escape[1]]
