"""Whether a response is what its probe expects. Pure, but for regular expressions.

No reason quotes what is expected: results have more readers than the options of a probe.
"""

from typing import Any, Final

import msgspec

from forepost.agent.edges.dial.http import ResponseHead
from forepost.agent.ports.dialer import Failed
from forepost.agent.ports.edges import Search
from forepost.agent.probes.comparison import holds
from forepost.wire.probes.http import HttpOptions, status_range
from forepost.wire.probes.json_path import json_steps, value_at

FIRST_WRONG: Final = 400
MOST_SHOWN: Final = 100
MOST_FOUND: Final = 1_000


def is_right(status: int, options: HttpOptions) -> bool:
    """Whether a status is one that is expected."""
    if not (options.expected_status or options.expected_status_ranges):
        return status < FIRST_WRONG
    ranges = map(status_range, options.expected_status_ranges)
    return status in options.expected_status or any(a <= status <= b for a, b in ranges)


def wants_content(options: HttpOptions) -> bool:
    return bool(options.expected_content or options.unexpected_content or options.json_path)


def check_headers(head: ResponseHead, options: HttpOptions) -> None:
    """Raises Failed."""
    for name, text in options.expected_headers.items():
        values = head.values(name.lower())
        if not values:
            raise Failed("wrong", f"there is no {name}")
        if not any(text in value for value in values):
            raise Failed("wrong", f"what is expected is not in {name}")


async def check_content(text: str, options: HttpOptions, search: Search) -> None:
    """Raises Failed."""

    async def has(wanted: str) -> bool:
        if options.content_match_type != "regex":
            return wanted in text
        return await search(wanted, text.encode(), options.timeout_sec)

    wanted, unwanted = options.expected_content, options.unexpected_content
    if wanted and not await has(wanted):
        raise Failed("wrong", "what is expected is not in it")
    if unwanted and await has(unwanted):
        raise Failed("wrong", "what must not be there is in it")


def json_value(text: str, path: str) -> Any:
    """Return the value that a path leads to. Raises Failed."""
    try:
        return value_at(msgspec.json.decode(text), json_steps(path))
    except (msgspec.DecodeError, RecursionError) as error:
        raise Failed("wrong", f"the body is no JSON: {error}"[:MOST_FOUND]) from None
    except LookupError:
        raise Failed("wrong", f"there is no {path}") from None


def as_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()[:MOST_FOUND]


def check_json(value: Any, options: HttpOptions) -> None:
    """Raises Failed."""
    if options.json_value and not holds(value, options.json_comparison, options.json_value):
        shown = as_json(value)[:MOST_SHOWN]
        how = options.json_comparison
        raise Failed("wrong", f"{options.json_path} is {shown}, not {how} what is expected")
