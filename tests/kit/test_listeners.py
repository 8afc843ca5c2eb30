import socket

import pytest

from forepost.kit.dead_peers import GIVEN_UP_SEC
from forepost.kit.listeners import bound, bound_all, listed
from forepost.kit.program import CannotStart
from forepost.kit.settings import WrongSettings
from tests.free_ports import free_port


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


def answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), 5).close()
    except ConnectionRefusedError:
        return False
    return True


def test_both_families_behind_one_address() -> None:
    port = free_port()
    with bound(f"[::]:{port}", "http.listen"):
        assert answers("127.0.0.1", port)
        assert answers("::1", port)
    with bound(f"[::1]:{port}", "http.listen"):
        assert not answers("127.0.0.1", port)


def test_several_addresses_and_which_of_them_is_taken() -> None:
    one, other = f"127.0.0.1:{free_port()}", f"[::1]:{free_port()}"
    with bound_all([one, other], "http.listen") as listening:
        assert len(listening) == 2
        with (
            pytest.raises(CannotStart, match=r"http\.listen: \[::1\]:\d+: Address already in use"),
            bound_all([f"127.0.0.1:{free_port()}", other], "http.listen"),
        ):
            raise AssertionError
    with bound_all([one, other], "http.listen"):
        pass  # all are closed again


@pytest.mark.parametrize(
    "wanted",
    [
        ["127.0.0.1:80", "0.0.0.0:80"],
        ["[::]:80", "127.0.0.1:80"],
        ["[::1]:80", "[0:0::1]:80"],
        ["[::]:80", "0.0.0.0:80"],
        [":80", "127.0.0.1:80"],
    ],
)
def test_addresses_that_overlap_are_named(wanted: list[str]) -> None:
    with pytest.raises(WrongSettings) as raised:
        listed(wanted, "http.listen")
    assert all(one in str(raised.value) for one in wanted)


def test_addresses_that_do_not_overlap() -> None:
    apart = ("0.0.0.0:80", "[::1]:80", "127.0.0.1:81", "[::]:82")
    assert listed(apart, "http.listen") == apart
    assert listed("127.0.0.1:80", "http.listen") == ("127.0.0.1:80",)
    with pytest.raises(WrongSettings, match="names no address"):
        listed([], "http.listen")
