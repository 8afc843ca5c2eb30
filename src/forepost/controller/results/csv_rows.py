"""Rows of a table as CSV (RFC 4180). Pure."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

MEDIA_TYPE: Final = "text/csv; header=present"
_FORMULA: Final = re.compile(r"(^|[;\t\r\n])([^\S\t\r\n]*)(?=[=+\-@\uff1d\uff0b\uff0d\uff20])")
"""Where a spreadsheet would begin to calculate: full-width signs are signs to some, and a cell
begins after what separates cells somewhere else.
"""
_CONTROL: Final = re.compile(r"^[\t\r\n]")


def csv_text(rows: Iterable[Sequence[Any]]) -> str:
    """Return lines that end with CR and LF. Texts are shown as they are: what a spreadsheet would
    take for a formula has an apostrophe in front, as others may have chosen it.
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
        case str():
            return _CONTROL.sub(r"'\g<0>", _FORMULA.sub(r"\1\2'", value))
        case _:
            return value
