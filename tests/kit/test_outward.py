"""What the kernel tells of a line, on real sockets of loopback."""

import socket
import time
from collections.abc import Iterator

import pytest

from forepost.kit.outward import Outward


@pytest.fixture
def line() -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.socket() as listening, socket.socket() as near:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        near.connect(listening.getsockname())
        far, _ = listening.accept()
        with far:
            yield near, far


def fill(near: socket.socket) -> None:
    near.setblocking(False)
    try:
        while True:
            near.send(bytes(65_536))
    except BlockingIOError:
        pass


def moves(outward: Outward) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if outward.moved():
            return True
        time.sleep(0.01)
    return False


def rests(outward: Outward) -> bool:
    """Nothing moves any more."""
    deadline, still = time.monotonic() + 10, 0
    while time.monotonic() < deadline and still < 20:
        still = 0 if outward.moved() else still + 1
        time.sleep(0.02)
    return still == 20


def test_whoever_takes_slowly_moves_and_whoever_takes_nothing_does_not(
    line: tuple[socket.socket, socket.socket],
) -> None:
    near, far = line
    outward = Outward(near)
    assert not outward.moved()
    fill(near)
    assert rests(outward)
    for _ in range(3):
        far.recv(65_536)
        assert moves(outward)
    assert rests(outward)


def test_what_a_kernel_takes_for_a_program_that_is_stuck_is_no_sign(
    line: tuple[socket.socket, socket.socket],
) -> None:
    near, _ = line
    outward = Outward(near)
    for _ in range(20):
        near.send(b"a heartbeat")
        time.sleep(0.02)  # it is acknowledged long before
        outward.moved()
    near.send(b"a heartbeat")
    time.sleep(0.2)
    outward.moved()
    near.send(b"a heartbeat")
    time.sleep(0.2)
    assert not outward.moved()


def test_what_is_no_tcp_or_is_closed_never_moves() -> None:
    one, two = socket.socketpair()
    with one, two:
        assert not Outward(one).moved()
    closed = socket.socket()
    closed.close()
    assert not Outward(closed).moved()
