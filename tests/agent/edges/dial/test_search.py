import time

import pytest

from forepost.agent.edges.dial.search import search
from forepost.agent.ports.dialer import Failed

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^a.c$", b"abc", True),
        ("^b", b"abc", False),
        ("", b"", True),
        ("ü\0", "xü\0x".encode(), True),
        ("(?s)^.*z$", b"x" * (1 << 20) + b"z", True),
        ("\ufffd", b"\xff", True),
    ],
)
async def test_an_expression_is_found_or_not(pattern: str, text: bytes, found: bool) -> None:
    assert await search(pattern, text, 10) is found


async def test_one_that_never_ends_is_ended() -> None:
    before = time.monotonic()
    with pytest.raises(Failed, match=r"not done with in 0\.5 s"):
        await search("(a+)+b", b"a" * 60, 0.5)
    assert time.monotonic() - before < 5


async def test_one_that_is_none_is_a_failure() -> None:
    with pytest.raises(Failed, match="the search ended with 1"):
        await search("(", b"", 10)
