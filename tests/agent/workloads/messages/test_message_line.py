"""A message socket as a state machine: clients that acknowledge receipts, and those that do not."""

import pytest

from forepost.agent.workloads.control import AGAIN_SEC, MOST_TRIES
from forepost.agent.workloads.messages.message_line import (
    RECEIPT_SEC,
    EndMessages,
    MessageLine,
    SendMessage,
    SendMessagePing,
    TakeMessage,
    framed,
    receipt,
    unframed,
)


def test_one_at_a_time_until_it_is_acknowledged() -> None:
    line = MessageLine(0)
    assert line.offer(None, 0) == []
    assert line.offer(7, 0) == [SendMessage(7)]
    assert line.offer(7, 1) == []
    line.heard(19)
    assert line.turn(19) == []
    assert line.turn(AGAIN_SEC) == [SendMessage(7)]
    assert line.acknowledged(21) == [TakeMessage(7)]
    assert line.offer(8, 21) == [SendMessage(8)]
    assert line.acknowledged(22) == []  # the second one, of 7
    assert line.acknowledged(23) == [TakeMessage(8)]
    assert line.acknowledged(24) == []


def test_ten_times_and_the_end() -> None:
    line, told = MessageLine(0), []
    line.offer(7, 0)
    for now in range(1, 400):
        line.heard(now)
        told += line.turn(now)
        if EndMessages("a message was not acknowledged") in told:
            break
    assert told.count(SendMessage(7)) == MOST_TRIES - 1
    assert now == MOST_TRIES * AGAIN_SEC


def test_a_client_that_acknowledges_receipts() -> None:
    line = MessageLine(0)
    line.receipt_sent(0)
    assert line.offer(7, 0.1) == []  # its acknowledgement may be of the receipt
    assert line.acknowledged(0.2) == []
    assert line.offer(7, 0.2) == [SendMessage(7)]
    line.receipt_sent(0.3)
    line.receipt_sent(0.4)
    assert line.acknowledged(0.5) == [TakeMessage(7)]
    assert line.offer(8, 0.5) == [SendMessage(8)]
    assert [line.acknowledged(1) for _ in range(3)] == [[], [], [TakeMessage(8)]]


def test_a_client_that_does_not() -> None:
    line = MessageLine(0)
    for _ in range(5):
        line.receipt_sent(0)
    assert line.offer(7, RECEIPT_SEC - 0.1) == []
    assert line.offer(7, RECEIPT_SEC) == [SendMessage(7)]
    assert line.acknowledged(3) == [TakeMessage(7)]
    line.receipt_sent(4)
    assert line.offer(8, 4) == [SendMessage(8)]
    assert line.acknowledged(5) == [TakeMessage(8)]


def test_a_client_that_does_late() -> None:
    line = MessageLine(0)
    line.receipt_sent(0)
    assert line.offer(7, RECEIPT_SEC) == [SendMessage(7)]
    assert line.acknowledged(3) == [TakeMessage(7)]
    assert line.acknowledged(4) == []  # so it was of the receipt
    line.receipt_sent(5)
    assert line.offer(8, 5) == [SendMessage(8)]
    assert [line.acknowledged(6) for _ in range(2)] == [[], [TakeMessage(8)]]


def test_silence() -> None:
    line = MessageLine(0)
    steps = [(now, step) for now in range(51) for step in line.turn(now)]
    assert steps == [
        (20, SendMessagePing()),
        (40, SendMessagePing()),
        (50, EndMessages("nothing was heard")),
    ]


def test_frames() -> None:
    assert unframed(framed(b"abc")) == b"abc"
    assert framed(b"abc") == b"\x0d\x00\x00\x00\x03abc"
    assert receipt("ab", 5) == b"\x0e\x02\x08ab" + (5).to_bytes(8)
    for wrong in (b"", b"\x0d", b"\x0d\x00\x00\x00\x04abc", b"\x0d\x00\x00\x00\x02abc", b"\x0cx"):
        with pytest.raises(ValueError, match="not a whole message"):
            unframed(wrong)
