"""Where one value is in a JSON document: singular queries of RFC 9535 (names and indexes)."""

import re
from typing import Any, Final, Literal

JsonComparison = Literal["==", "!=", "<", "<=", ">", ">=", "contains"]
_STEP: Final = re.compile(
    r"""\.(?P<name>[A-Za-z_\u0080-\U0010ffff][\w\u0080-\U0010ffff-]*)
    |\[\s*(?:(?P<index>0|-?[1-9][0-9]{0,8})
    |'(?P<single>(?:[^'\\]|\\.)*)'
    |"(?P<double>(?:[^"\\]|\\.)*)")\s*\]""",
    re.VERBOSE,
)
_ESCAPED: Final = re.compile(r"\\(.)")


def json_steps(path: str) -> list[str | int]:
    """Return the names and indexes that lead to the value. Raises ValueError."""
    if not path.startswith("$"):
        raise ValueError(f"json_path: it begins with $, as in $.checks[0].state, not {path[:20]!r}")
    steps: list[str | int] = []
    place = 1
    while place < len(path):
        found = _STEP.match(path, place)
        if found is None:
            raise ValueError(f"json_path: no name and no index: {path[place : place + 20]!r}")
        if found["index"] is not None:
            steps.append(int(found["index"]))
        else:
            quoted = found["single"] if found["single"] is not None else found["double"]
            name = found["name"] if quoted is None else _ESCAPED.sub(r"\1", quoted)
            steps.append(name)
        place = found.end()
    return steps


def value_at(document: Any, steps: list[str | int]) -> Any:
    """Return the value that the steps lead to. Raises LookupError where there is none."""
    for step in steps:
        match document, step:
            case list(), int():
                document = document[step]
            case dict(), str():
                document = document[step]
            case _:
                raise LookupError
    return document
