"""The time zone of this host."""

from datetime import UTC, tzinfo
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

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


def local_zone(root: Path = Path("/")) -> tzinfo:
    """Return the zone itself; UTC where the host does not say, or says what nobody knows."""
    try:
        with (root / "etc/localtime").open("rb") as file:
            return ZoneInfo.from_file(file)
    except (OSError, ValueError):
        pass
    try:
        return ZoneInfo(time_zone(root) or "UTC")
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return UTC
