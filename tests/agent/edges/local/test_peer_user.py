"""Whose process is at the other end: asked of the kernel about real connections."""

import os
import socket

import pytest

from forepost.agent.edges.local.peer_user import is_trusted, user_of
from tests.fakes.user import NOBODY, sockets_of


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("user", [0, NOBODY])
def test_the_user_of_the_other_process(host: str, user: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as listener:
        with sockets_of(user):
            far = socket.create_connection(listener.getsockname()[:2])
        line, _ = listener.accept()
        with line:
            peer, here = line.getpeername()[:2], line.getsockname()[:2]
            assert user_of(peer, here) == user
            far.close()
            assert user_of(peer, here) is None, "of what is closed the kernel says root"


def test_who_is_trusted() -> None:
    assert is_trusted(0)
    assert is_trusted(os.geteuid())
    assert not is_trusted(NOBODY)
    assert not is_trusted(None)


def test_what_is_no_connection_is_nobodys() -> None:
    assert user_of(("127.0.0.1", 1), ("127.0.0.1", 2)) is None
    assert user_of(("nonsense", 1), ("127.0.0.1", 2)) is None
