"""Texts as a database can keep them: PostgreSQL takes no NUL character, and agents may send one."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine


def storable(text: str) -> str:
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def keep_storable(engine: Engine) -> None:
    """Have every text that a statement is given made storable: what one agent says must not stop a
    transaction in which others have a part. SQLite does the same, so that both keep the same.
    """
    event.listen(engine, "before_cursor_execute", _storable_parameters, retval=True)


def _storable_parameters(
    _connection: Any, _cursor: Any, statement: str, given: Any, *_: Any
) -> tuple[str, Any]:
    """A list is of many rows; all else is of one."""
    return statement, [_row(row) for row in given] if isinstance(given, list) else _row(given)


def _row(values: Any) -> Any:
    """The same object where there is nothing to make storable."""
    if isinstance(values, dict):
        found = {name: value for name, value in values.items() if _is_unstorable(value)}
        return (
            values | {name: storable(value) for name, value in found.items()} if found else values
        )
    if any(map(_is_unstorable, values)):
        return tuple(storable(value) if _is_unstorable(value) else value for value in values)
    return values


def _is_unstorable(value: Any) -> bool:
    return isinstance(value, str) and "\0" in value
