"""What the engine takes for granted of the kernel, on each kind of socket."""

import socket
import time
from collections.abc import Iterator

import pytest

from forepost.agent.cores.icmp.packet import reply, request
from forepost.agent.edges.icmp.socket import Denied, IcmpSocket, interface_index
from tests.lab.net import Namespace, pair
from tests.running import until

TARGETS = [(socket.AF_INET, "198.18.0.2"), (socket.AF_INET6, "2001:db8::2")]


@pytest.fixture(scope="module")
def cable() -> Iterator[Namespace]:
    """With a socket that wants stamps: the kernel begins to stamp beside the first that does, and
    what comes before that has none.
    """
    with pair() as (near, _):
        with near.inside():
            first = IcmpSocket(socket.AF_INET, "")
        until(lambda: stamps(first), 5)
        yield near
        first.close()


def stamps(opened: IcmpSocket) -> bool:
    opened.send(request(opened.form, opened.ident, 0, 0, bytes(48)), (TARGETS[0][1], 0))
    time.sleep(0.02)
    return any(came_ns is not None for _, _, came_ns in opened.replies(10))


@pytest.fixture(params=["1 0", "0 0"], ids=["raw", "datagram"])
def near(cable: Namespace, request: pytest.FixtureRequest) -> Iterator[Namespace]:
    cable.sysctl("net.ipv4.ping_group_range", request.param)
    with cable.inside():
        yield cable


@pytest.mark.parametrize(("family", "target"), TARGETS, ids=["ipv4", "ipv6"])
def test_the_kernel_stamps_both_ways_and_numbers_from_0(
    near: Namespace, family: socket.AddressFamily, target: str
) -> None:
    opened = IcmpSocket(family, "")
    try:
        for _ in range(2):
            before_ns = time.time_ns()
            for seq in range(3):
                packet = request(opened.form, opened.ident, seq, 99 + seq, bytes(48))
                opened.send(packet, (target, 0))
            time.sleep(0.05)
            left, troubles = opened.outcomes(10)
            replies = opened.replies(10)
            assert not troubles
            assert [key for key, _ in left] == [0, 1, 2]
            assert [reply(opened.form, data) for data, _, _ in replies] == [
                (opened.ident, seq, 99 + seq) for seq in range(3)
            ]
            for (_, left_ns), (_, source, came_ns) in zip(left, replies, strict=True):
                assert source == target
                assert came_ns is not None
                assert before_ns <= left_ns <= came_ns <= time.time_ns()
            opened.restart_keys()
    finally:
        opened.close()


def test_an_unknown_interface_is_denied_in_words() -> None:
    with pytest.raises(Denied, match="no interface 'nope'"):
        interface_index("nope")
    with pytest.raises(Denied, match="no interface 'nope'"):
        IcmpSocket(socket.AF_INET, "nope")
