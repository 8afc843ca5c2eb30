"""The first line of both sides of SSH: RFC 4253, section 4.2."""

import re
from typing import Final

from forepost.agent.meter.names.reader import words

_BANNER: Final = re.compile(rb"(?:[^\r\n]{0,255}\r?\n){0,8}?SSH-[12]\.[0-9]+-([^\r\n]{1,255})")


def software(data: bytes) -> str:
    """What it calls itself; empty where this is no SSH."""
    found = _BANNER.match(data[:2_048]) if b"SSH-" in data[:2_048] else None
    return words(found[1]) if found else ""
