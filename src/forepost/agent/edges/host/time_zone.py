"""The time zone of this host."""

from pathlib import Path
from typing import Final

ZONES: Final = "zoneinfo/"


def time_zone(root: Path = Path("/")) -> str:
    """Return its name, such as Europe/Zurich; "" where the host does not say."""
    try:
        found = str((root / "etc/localtime").readlink())
    except OSError:
        found = ""
    if ZONES in found:
        return found.rpartition(ZONES)[2]
    try:
        return (root / "etc/timezone").read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
