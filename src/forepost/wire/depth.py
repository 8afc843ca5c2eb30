"""How deeply JSON is nested: whoever decodes it later has less stack left than the door had."""

import re
from typing import Final

MOST_DEEP: Final = 100
"""No document of ours or NetWatcher's comes near it."""
_BRACKETS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[{]|[\]}]', re.DOTALL)
"""A text that has no end goes to the end of all: so no byte is looked at twice."""


def is_deep(data: bytes) -> bool:
    """Whether valid JSON has more levels than MOST_DEEP. Costs two counts where it has few."""
    if data.count(b"{") + data.count(b"[") <= MOST_DEEP:
        return False
    level = 0
    for found in _BRACKETS.finditer(data):
        first = data[found.start()]
        if first in b"[{":
            level += 1
            if level > MOST_DEEP:
                return True
        elif first in b"]}":
            level -= 1
    return False
