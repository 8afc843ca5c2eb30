"""What this process used of the machine."""

import os
import resource
from pathlib import Path

_STATM = Path("/proc/self/statm")


def usage() -> tuple[float, float, int, int]:
    """User and system CPU seconds, resident and largest resident size in KiB."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    pages = int(_STATM.read_text().split()[1])
    rss_kb = pages * os.sysconf("SC_PAGE_SIZE") // 1024
    return used.ru_utime, used.ru_stime, rss_kb, used.ru_maxrss
