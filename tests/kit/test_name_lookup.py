"""Against a resolver of our own, as programs of a namespace see it."""

import sys

import pytest

from tests.lab.net import pair
from tests.lab.resolver import AAAA, A, resolver

ASK = """
import sys, time
from forepost.kit.clock import SystemClock
from forepost.kit.name_lookup import look_up
clock = SystemClock()
began = clock.monotonic()
try:
    found = look_up("host.example", 80, began + float(sys.argv[1]), clock)
    print(*sorted(goal[1][0] for goal in found))
except (OSError, UnicodeError) as error:
    print(type(error).__name__, error)
print("late" if clock.monotonic() - began > 8 else "in time")
"""


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({A: "198.18.0.9", AAAA: "2001:db8::9"}, "198.18.0.9 2001:db8::9\nin time\n"),
        ({A: "198.18.0.9", AAAA: ""}, "198.18.0.9\nin time\n"),
        # A resolver that swallows one question: the C library waits for it for 15 s and more.
        ({A: "198.18.0.9"}, "198.18.0.9\nin time\n"),
        ({AAAA: "2001:db8::9"}, "2001:db8::9\nin time\n"),
        ({}, "NotReached host.example: no answer from the resolver\nin time\n"),
    ],
    ids=["both", "one", "no-answer-for-AAAA", "no-answer-for-A", "no-answer"],
)
def test_what_a_resolver_keeps_back_is_not_waited_for(answers: dict[int, str], words: str) -> None:
    with pair() as (near, far), resolver(near, far, answers):
        said = near.run(sys.executable, "-c", ASK, "5")
    assert said == words


def test_a_name_that_is_not_known() -> None:
    with pair() as (near, far), resolver(near, far, {A: "", AAAA: ""}):
        said = near.run(sys.executable, "-c", ASK, "5")
    assert said.startswith("gaierror ")
