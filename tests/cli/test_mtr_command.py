"""`forepost mtr` in networks made of namespaces."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from forepost.cli.exit_status import ExitStatus
from forepost.wire.probes.mtr import MtrResult
from tests.lab.net import Namespace
from tests.lab.topology import Topology, topology
from tests.running import until

PROGRAM = [sys.executable, "-m", "forepost.cli.main", "mtr"]
FAST = ("--count", "3", "--interval", "0.1", "--no-dns")
SWITCHES = {"icmp": (), "udp": ("-u",), "tcp": ("-T",)}


@pytest.fixture(scope="module")
def chain() -> Iterator[Topology]:
    with topology("chain") as net:
        yield net


def run(near: Namespace, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["ip", "netns", "exec", near.name, *PROGRAM, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "120"},
    )


def measured(near: Namespace, *arguments: str) -> MtrResult:
    done = run(near, *arguments, "--json")
    assert done.returncode == ExitStatus.FINE, done.stderr
    return msgspec.json.decode(done.stdout, type=MtrResult)


def test_json_is_exactly_the_probes_payload(chain: Topology) -> None:
    done = run(chain["near"], chain.address("far", 4), *FAST, "--json")
    said = msgspec.json.decode(done.stdout)
    assert set(said) == set(MtrResult.__struct_fields__)
    got = msgspec.json.decode(done.stdout, type=MtrResult)
    assert got.report.info.target.ip == chain.address("far", 4)
    assert [hop.sent for hop in got.report.hops] == [3] * 11
    assert got.reached


def test_a_person_gets_a_table(chain: Topology) -> None:
    done = run(chain["near"], chain.address("far", 6), *FAST)
    assert done.returncode == ExitStatus.FINE
    assert "2001:db8:10::2" in done.stdout
    assert "stddev" in done.stdout


@pytest.mark.parametrize("protocol", SWITCHES)
def test_no_privilege_is_needed(chain: Topology, protocol: str) -> None:
    plain = ["setpriv", "--reuid", "65534", "--clear-groups", *PROGRAM]
    arguments = (chain.address("far", 4), *FAST, *SWITCHES[protocol], "--json")
    said = chain["near"].run(*plain, *arguments)
    assert len(msgspec.json.decode(said, type=MtrResult).report.hops) == 11


def test_without_permission_it_says_what_to_grant(chain: Topology) -> None:
    near = chain["near"]
    near.sysctl("net.ipv4.ping_group_range", "1 0")
    plain = ["setpriv", "--reuid", "65534", "--clear-groups", *PROGRAM]
    try:
        done = subprocess.run(
            ["ip", "netns", "exec", near.name, *plain, chain.address("far", 4), "--json"],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        near.sysctl("net.ipv4.ping_group_range", "0 0")
    assert done.returncode == ExitStatus.NOT_MEASURED
    got = msgspec.json.decode(done.stdout, type=MtrResult)
    assert "grant CAP_NET_RAW" in got.error
    assert len(got.report.hops) == 1


@contextmanager
def resolver(near: Namespace, address: str) -> Iterator[None]:
    folder = Path("/etc/netns", near.name)
    folder.mkdir(parents=True)
    try:
        (folder / "resolv.conf").write_text(f"nameserver {address}\n")
        (folder / "nsswitch.conf").write_text("hosts: dns\n")
        yield
    finally:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


def test_a_resolver_that_never_answers_costs_a_bounded_wait_and_no_hop() -> None:
    with topology("lost") as net, resolver(net["near"], net.address("far", 4)):
        started = time.monotonic()
        got = measured(net["near"], net.address("r3", 4), "--count", "3", "--interval", "0.1")
        assert time.monotonic() - started < 25
    assert [hop.loss_pct for hop in got.report.hops] == ["0.00"] * 3
    assert {host.hostname for hop in got.report.hops for host in hop.hosts} == {""}


def test_a_name_that_is_not_known_is_a_reason(chain: Topology) -> None:
    done = run(chain["near"], "nope.invalid", "--json")
    assert done.returncode == ExitStatus.NOT_MEASURED
    got = msgspec.json.decode(done.stdout, type=MtrResult)
    assert got.error.startswith("nope.invalid: ")
    assert [hop.sent for hop in got.report.hops] == [0]
    done = run(chain["near"], "198.19.0.1", *FAST)
    assert done.returncode == ExitStatus.NOT_MEASURED
    assert "network is unreachable" in done.stderr


def test_switches_that_exclude_each_other_are_refused(chain: Topology) -> None:
    for pair in (("--ipv4", "--ipv6"), ("--udp", "--tcp")):
        assert run(chain["near"], "198.18.1.2", *pair).returncode == ExitStatus.USAGE


def test_ctrl_c_keeps_what_was_measured(chain: Topology) -> None:
    command = ["ip", "netns", "exec", chain["near"].name, *PROGRAM, chain.address("far", 4)]
    command += ["--count", "1000", "--interval", "0.1", "--no-dns", "--json"]
    before = chain["near"].sent()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        until(lambda: chain["near"].sent() >= before + 11 * 6, 30)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=45)
    got = msgspec.json.decode(said, type=MtrResult)
    assert len(got.report.hops) == 11
    assert all(hop.sent > 3 and hop.loss_pct == "0.00" for hop in got.report.hops)
