"""How wide a line of output is."""

import os
from typing import Final

from rich.console import Console

PIPED_WIDTH: Final = 1_000


def wide(console: Console) -> Console:
    """Where it is no terminal nothing is cut off, or broken into lines; COLUMNS goes before."""
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPED_WIDTH
    return console
