"""What this process used of the machine."""

import re
import resource
from pathlib import Path
from typing import Final

_STATUS: Final = Path("/proc/self/status")
_SIZE: Final = re.compile(r"^Vm(HWM|RSS):\s+(\d+) kB$", re.MULTILINE)


def usage() -> tuple[float, float, int, int]:
    """User and system CPU seconds, resident and largest resident size in KiB.

    Not getrusage(2)'s `ru_maxrss`: that of a new process begins with what its parent had.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    sizes = {name: int(kb) for name, kb in _SIZE.findall(_STATUS.read_text())}
    return used.ru_utime, used.ru_stime, sizes["RSS"], sizes["HWM"]
