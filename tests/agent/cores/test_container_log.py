import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.cores.container_log import LogFrames, WrongFrames
from forepost.agent.ports.containers import StampedLine
from forepost.wire.workloads.delivery import LONGEST_LOG_LINE

TIME = b"2026-01-02T03:04:05.678901234Z "


def frame(stream: int, data: bytes) -> bytes:
    return struct.pack(">BxxxI", stream, len(data)) + data


SENT = (
    frame(1, TIME + b"one\n")
    + frame(2, TIME + b"two \xff\n")
    + frame(1, TIME + b"thr")
    + frame(2, TIME + b"err\n")
    + frame(1, b"ee\n" + TIME + b"rest")
)
WRITTEN = [("stdout", "one"), ("stderr", "two \ufffd"), ("stderr", "err"), ("stdout", "three")]


@given(st.lists(st.integers(0, len(SENT)), max_size=20))
def test_any_cut_gives_the_same_lines(cuts: list[int]) -> None:
    frames, found = LogFrames(framed=True), list[StampedLine]()
    places = [0, *sorted(cuts), len(SENT)]
    for begin, end in pairwise(places):
        found += frames.feed(SENT[begin:end])
    found += frames.end()
    assert [(one.line.stream, one.line.text) for one in found] == [*WRITTEN, ("stdout", "rest")]
    assert {(one.stamp, str(one.line.at)) for one in found} == {
        ("2026-01-02T03:04:05.678901234Z", "2026-01-02 03:04:05.678901+00:00")
    }
    assert frames.end() == []


def test_a_terminal_has_no_frames() -> None:
    found = LogFrames(framed=False).feed(TIME + b"one\r\n" + b"no time\n")
    assert [(one.line.text, one.stamp == "") for one in found] == [
        ("one", False),
        ("no time", True),
    ]


def test_a_long_line_is_cut_and_says_so() -> None:
    frames = LogFrames(framed=True)
    for _ in range(100):
        assert frames.feed(frame(1, b"x" * 16_384)) == []
    (one,) = frames.feed(frame(1, b"\n"))
    assert one.line.text == "x" * LONGEST_LOG_LINE + " [cut]"


@pytest.mark.parametrize("wrong", [b"HTTP/1.1 200 OK\r\n", frame(1, b"")[:4] + b"\xff\xff\xff\xff"])
def test_what_is_no_log_is_refused(wrong: bytes) -> None:
    with pytest.raises(WrongFrames):
        LogFrames(framed=True).feed(wrong)
