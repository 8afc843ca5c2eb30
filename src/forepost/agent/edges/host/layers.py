"""Which interfaces another one is made of: the members of a bridge or bond, what a VLAN lies on."""

from pathlib import Path
from typing import Final

_LOWER: Final = "lower_"


def under(interface: str, folder: Path = Path("/sys/class/net")) -> list[str]:
    """Those right below it; none where there is no such interface."""
    try:
        return sorted(
            entry.name.removeprefix(_LOWER)
            for entry in (folder / interface).iterdir()
            if entry.name.startswith(_LOWER)
        )
    except OSError:
        return []
