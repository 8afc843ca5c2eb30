"""Rows of a table as CSV (RFC 4180). Pure."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

MEDIA_TYPE: Final = "text/csv; header=present"
_FORMULA: Final = tuple("=+-@\t\r\n")
"""What a spreadsheet would calculate if a text begins with it."""


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    """Return lines that end with CR and LF. Texts are shown as they are: one that a spreadsheet
    would take for a formula has an apostrophe in front, as others may have chosen it.
    """
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case str() if value.startswith(_FORMULA):
            return f"'{value}"
        case _:
            return value
