"""How deeply JSON is nested and how much is in it, told before it is decoded.

Whoever decodes it later has less of the stack left than the first reader had. All that walks over
the bytes is C: 1 MiB made to be slow costs some hundredths of a second.
"""

import re
from typing import Final

MOST_DEEP: Final = 100
"""No document of ours or NetWatcher's comes near it."""
_TEXT: Final = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
"""A text that has no end goes to the end of all: so no byte is looked at twice."""
_ALIKE: Final = bytes.maketrans(b"{}", b"[]")
_OTHERS: Final = bytes(set(range(256)) - set(b"[]{}"))


def is_deep(data: bytes) -> bool:
    """Whether valid JSON has more levels than MOST_DEEP. Costs two counts where it has few."""
    if data.count(b"{") + data.count(b"[") <= MOST_DEEP:
        return False
    brackets = _TEXT.sub(b"", data).translate(_ALIKE, _OTHERS)
    for _ in range(MOST_DEEP):  # each turn takes the innermost level away
        outer = brackets.replace(b"[]", b"")
        if len(outer) == len(brackets):
            break
        brackets = outer
    return b"[]" in brackets or brackets.count(b"[") > MOST_DEEP


def most_values(data: bytes) -> int:
    """How many values JSON has at the most: commas and brackets in texts count too."""
    return 1 + data.count(b",") + data.count(b"[") + data.count(b"{")
