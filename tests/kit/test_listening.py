import socket

from forepost.kit.dead_peers import GIVEN_UP_SEC
from forepost.kit.listening import bound
from tests.running import free_port


def test_whoever_is_accepted_and_gone_is_given_up() -> None:
    port = free_port()
    with (
        bound(f"127.0.0.1:{port}", "http.listen") as listening,
        socket.create_connection(("127.0.0.1", port), 5),
    ):
        accepted, _ = listening.accept()
        with accepted:
            tcp = socket.IPPROTO_TCP
            assert accepted.getsockopt(tcp, socket.TCP_USER_TIMEOUT) == GIVEN_UP_SEC * 1_000
            assert accepted.getsockopt(tcp, socket.TCP_KEEPIDLE) <= GIVEN_UP_SEC / 2
            assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
