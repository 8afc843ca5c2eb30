"""A table that is drawn again as results come."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live

from forepost.cli.width import wide


@contextmanager
def live_table() -> Iterator[Live]:
    """Where it is no terminal, the last state is printed once, and its line ended."""
    console = wide(Console())
    with Live(console=console, auto_refresh=False) as live:
        yield live
    if not console.is_terminal:
        console.print()
