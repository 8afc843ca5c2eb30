"""Tables of what was measured: for people at a terminal, for programs in a pipe."""

from rich.console import Console
from rich.table import Table

BETWEEN = (0, 2, 0, 0)
"""Spaces behind each column where there is no box."""


def columns(*names: str, title: str = "") -> Table:
    """Return a table with these headers; in a pipe without boxes and colours, a row a line."""
    if Console().is_terminal:
        return Table(*names, title=title or None)
    table = Table(box=None, pad_edge=False, padding=BETWEEN, title=title or None)
    table.title_justify, table.title_style = "left", ""
    for name in names:
        table.add_column(name, no_wrap=True, overflow="ignore")
    return table
