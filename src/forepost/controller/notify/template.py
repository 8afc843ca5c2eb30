"""A template of a notice: names, filters, conditions, and nothing else. Pure.

It has no loops, no calculation and no attributes: what it costs is its length, and what it can
read is what it is given. `docs/alerts.md` says how it is written.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import quote

import msgspec

from forepost.kit.near_miss import near_miss

LARGEST: Final = 64 << 10
"""Characters that come of it."""
DEEPEST: Final = 10
"""Conditions within conditions."""
MOST_FILTERS: Final = 3
RAW: Final = "raw"

_NAME: Final = re.compile(r"[a-z_]{1,40}", re.ASCII)
_CONDITION: Final = re.compile(
    r"([a-z_]{1,40})(?:\s*(==|!=)\s*(?:\"([^\"]*)\"|'([^']*)'))?", re.ASCII
)

Filter = Callable[[str], str]


def in_json(text: str) -> str:
    """As it stands between the quotation marks of a JSON string."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


FILTERS: Final[Mapping[str, Filter]] = {
    "upper": str.upper,
    "lower": str.lower,
    "json": in_json,
    "url": lambda text: quote(text, safe=""),
    RAW: lambda text: text,
}


class WrongTemplate(ValueError):
    """The text says where and why: "line 3: there is no name 'mesage'"."""


class _Value(msgspec.Struct, frozen=True):
    name: str
    filters: tuple[str, ...]


class _Condition(msgspec.Struct, frozen=True):
    name: str
    operator: str = ""
    wanted: str = ""

    def holds(self, values: Mapping[str, str]) -> bool:
        value = values[self.name]
        if not self.operator:
            return value != ""
        return (value == self.wanted) == (self.operator == "==")


class _Choice(msgspec.Struct):
    """Branches, each with its condition; None: all else."""

    line: int
    branches: "list[tuple[_Condition | None, list[_Node]]]"


_Node = str | _Value | _Choice


class Template:
    """Raises WrongTemplate for a text that is none, or names what is not among `names`."""

    def __init__(self, text: str, names: frozenset[str]) -> None:
        self._names = names
        self._nodes: list[_Node] = []
        self._open: list[_Choice] = []
        end = 0
        while (begin := _next(text, end)) >= 0:
            self._add(text[end:begin])
            line = text.count("\n", 0, begin) + 1
            closing = "}}" if text[begin + 1] == "{" else "%}"
            end = text.find(closing, begin + 2)
            if end < 0:
                raise WrongTemplate(f"line {line}: {text[begin : begin + 2]} has no {closing}")
            inner = text[begin + 2 : end].strip()
            end += 2
            if closing == "}}":
                self._add(self._value(inner, line))
            else:
                self._tag(inner, line)
        self._add(text[end:])
        if self._open:
            raise WrongTemplate(f"line {self._open[-1].line}: if has no endif")

    def filled(self, values: Mapping[str, str], escape: Filter = FILTERS[RAW]) -> str:
        """`escape` is for every value that no filter `raw` or `json` has seen to. Raises
        WrongTemplate where too much comes of it.
        """
        parts: list[str] = []
        _fill(self._nodes, values, escape, parts, LARGEST)
        return "".join(parts)

    def _add(self, node: _Node) -> None:
        if node != "":
            nodes = self._open[-1].branches[-1][1] if self._open else self._nodes
            nodes.append(node)

    def _value(self, inner: str, line: int) -> _Value:
        name, *filters = (part.strip() for part in inner.split("|"))
        self._check_name(name, line)
        if len(filters) > MOST_FILTERS:
            raise WrongTemplate(f"line {line}: {name}: has more than {MOST_FILTERS} filters")
        for one in filters:
            if one not in FILTERS:
                raise WrongTemplate(
                    f"line {line}: there is no filter {one[:40]!r}; there are {', '.join(FILTERS)}"
                )
        return _Value(name, tuple(filters))

    def _tag(self, inner: str, line: int) -> None:
        word, _, rest = inner.partition(" ")
        if word == "if":
            if len(self._open) >= DEEPEST:
                raise WrongTemplate(f"line {line}: more than {DEEPEST} conditions in each other")
            choice = _Choice(line, [(self._condition(rest, line), [])])
            self._add(choice)
            self._open.append(choice)
            return
        if word not in ("elif", "else", "endif") or (rest.strip() and word != "elif"):
            raise WrongTemplate(f"line {line}: {inner[:40]!r} is none of if, elif, else and endif")
        if not self._open:
            raise WrongTemplate(f"line {line}: {word} has no if")
        if word == "endif":
            self._open.pop()
            return
        branches = self._open[-1].branches
        if branches[-1][0] is None:
            raise WrongTemplate(f"line {line}: {word} after else")
        branches.append((None if word == "else" else self._condition(rest, line), []))

    def _condition(self, text: str, line: int) -> _Condition:
        found = _CONDITION.fullmatch(text.strip())
        if found is None:
            raise WrongTemplate(
                f'line {line}: {text.strip()[:40]!r} is no condition: NAME, NAME == "…" or '
                'NAME != "…"'
            )
        name, operator, double, single = found.groups()
        self._check_name(name, line)
        return _Condition(name, operator or "", double or single or "")

    def _check_name(self, name: str, line: int) -> None:
        if name in self._names:
            return
        meant = near_miss(name, sorted(self._names)) if _NAME.fullmatch(name) else None
        also = f"; did you mean {meant}?" if meant else ""
        raise WrongTemplate(f"line {line}: there is no name {name[:40]!r}{also}")


def _next(text: str, since: int) -> int:
    """Where the next {{ or {% begins; -1: nowhere."""
    while (at := text.find("{", since)) >= 0:
        if text[at + 1 : at + 2] in ("{", "%"):
            return at
        since = at + 1
    return -1


def _fill(
    nodes: Sequence[_Node], values: Mapping[str, str], escape: Filter, parts: list[str], room: int
) -> int:
    """Return how many characters more there may be. Raises WrongTemplate."""
    for node in nodes:
        if isinstance(node, _Choice):
            for condition, branch in node.branches:
                if condition is None or condition.holds(values):
                    room = _fill(branch, values, escape, parts, room)
                    break
            continue
        part = node if isinstance(node, str) else _written(node, values, escape)
        room -= len(part)
        if room < 0:
            raise WrongTemplate(f"more than {LARGEST:,} characters come of it")
        parts.append(part)
    return room


def _written(value: _Value, values: Mapping[str, str], escape: Filter) -> str:
    text = values[value.name]
    for one in value.filters:
        text = FILTERS[one](text)
        if len(text) > LARGEST:
            raise WrongTemplate(f"more than {LARGEST:,} characters come of {value.name}")
    return text if {RAW, "json"}.intersection(value.filters) else escape(text)


@lru_cache(maxsize=256)
def template_of(text: str, names: frozenset[str]) -> Template:
    """The same as `Template`, made once."""
    return Template(text, names)
