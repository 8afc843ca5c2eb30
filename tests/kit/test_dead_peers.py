"""Real connections over a line that is cut: the kernel ends them in time, idle or not."""

import contextlib
import errno
import socket
import time

import pytest

from forepost.kit.dead_peers import give_up_dead
from tests.lab.cut import cut
from tests.lab.net import pair

WITHIN_SEC = 2.0


@pytest.mark.parametrize("says", [b"", b"x" * (4 << 20)], ids=["idle", "with-data-on-its-way"])
def test_an_accepted_connection_ends_when_the_other_end_is_gone(says: bytes) -> None:
    with pair() as (near, far), contextlib.ExitStack() as stack:
        with far.inside():
            listening = stack.enter_context(socket.create_server(("198.18.0.2", 8080)))
        give_up_dead(listening, WITHIN_SEC)
        with near.inside():
            stack.enter_context(socket.create_connection(("198.18.0.2", 8080), 5))
        accepted, _ = listening.accept()
        stack.enter_context(accepted)
        accepted.settimeout(30)
        stack.enter_context(cut(near, far))
        began = time.monotonic()
        ended = 0
        try:
            accepted.sendall(says)
            accepted.recv(1)
        except OSError as error:
            ended = error.errno or 0
        assert ended == errno.ETIMEDOUT
        assert time.monotonic() - began < 10 * WITHIN_SEC


def test_a_socket_that_is_not_tcp_stays_as_it_is() -> None:
    one, other = socket.socketpair()
    with one, other:
        give_up_dead(one)
        assert one.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 0
