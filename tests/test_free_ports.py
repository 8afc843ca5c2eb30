"""The tests' own ports: nobody else's, also not of a run beside this one."""

import socket
import subprocess
import sys
from pathlib import Path

from tests.free_ports import PORTS, _locked, _nobody_has, free_port


def test_no_port_is_given_twice_and_none_that_the_kernel_may_give() -> None:
    taken = {free_port() for _ in range(50)}
    assert len(taken) == 50
    assert taken < set(PORTS)
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert lowest >= PORTS.stop


def test_another_process_does_not_get_it_before_anybody_listens() -> None:
    port = free_port()
    ask = f"from tests.free_ports import _locked; print(_locked({port}))"
    assert subprocess.check_output([sys.executable, "-c", ask], text=True).split() == ["False"]
    assert _locked(port)


def test_one_that_somebody_has_is_left_out() -> None:
    port = free_port()
    assert _nobody_has(port)
    with socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", port))
        assert not _nobody_has(port)
