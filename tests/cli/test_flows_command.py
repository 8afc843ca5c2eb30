"""`forepost flows` and `forepost groups` against a running agent, and without one."""

import io
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from forepost.cli.flow_table import short
from forepost.cli.flows import Speeds
from forepost.cli.main import app
from forepost.wire.flows.socket import FlowView
from tests.fakes.clock import FakeClock
from tests.lab.net import Namespace, pair
from tests.lonely import LonelyAgent
from tests.running import until

NEAR, FAR = "198.18.0.1", "198.18.0.2"
NOBODY = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")


def forepost(*arguments: str, stdin: str = "", **env: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error without line breaks. In this process."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name in [name for name in os.environ if name.startswith("FOREPOST_")]:
            patch.delenv(name)
        for name, value in env.items():
            patch.setenv(name, value)
        patch.setattr(sys, "stdin", io.StringIO(stdin))
        code = app(list(arguments), result_action="return_int_as_exit_code_else_zero")
    return int(code), out.getvalue(), " ".join(err.getvalue().split())


def as_nobody(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        [*NOBODY, sys.executable, "-m", "forepost.cli.main", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, " ".join(done.stderr.split())


@pytest.fixture(scope="module")
def cable() -> Iterator[tuple[Namespace, Namespace]]:
    with pair() as ends:
        yield ends


@pytest.fixture(scope="module")
def agent(cable: tuple[Namespace, Namespace]) -> Iterator[LonelyAgent]:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        started = LonelyAgent(
            Path(folder, "agent"),
            prefix=("ip", "netns", "exec", cable[1].name),
            FOREPOST_FLOWS__INTERFACES='["cable"]',
            FOREPOST_FLOWS__LOCAL=f'["{FAR}"]',
        )
        started.start()
        try:
            started.ready()
            until(lambda: started.ask(command="status")["data"]["interfaces"][0]["running"], 15)
            yield started
        finally:
            started.end()


def send(place: Namespace, count: int, port: int) -> None:
    with place.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(count):
            sender.sendto(bytes(100), (FAR, port))


def test_flows_are_listed_with_the_counters_of_now(
    cable: tuple[Namespace, Namespace], agent: LonelyAgent
) -> None:
    """The update interval is 15 s: the counters were read for this answer."""
    send(cable[0], 7, 6_000)

    def counted() -> bool:
        code, said, told = forepost("flows", "list", "--json", "--socket", str(agent.socket))
        assert (code, told) == (0, "")
        found = [json.loads(line) for line in said.splitlines()]
        return [f["other_packets"] for f in found if f["local_port"] == 6_000] == [7]

    until(counted, 5)
    code, said, _ = forepost(
        "flows", "list", "--limit", "9", FOREPOST_SOCKET__PATH=str(agent.socket)
    )
    assert code == 0
    assert said.split()[:3] == ["proto", "local", "other"]
    assert f"{FAR}:6000" in said


def test_top_shows_it_again_and_again(
    cable: tuple[Namespace, Namespace], agent: LonelyAgent
) -> None:
    send(cable[0], 5, 6_001)
    code, said, told = forepost("flows", "top", "-c", "2", "--socket", str(agent.socket))
    assert (code, told) == (0, "")
    assert "cable ebpf" in said
    assert f"{FAR}:6001" in said


def view(port: int, sent: int, *, first_seen_at: int = 0) -> FlowView:
    return FlowView(
        interface="a", protocol="UDP", local_ip="198.18.0.1", local_port=port, local_mac="",
        other_ip="198.18.0.2", other_port=1, other_mac="", other_type="remote", local_origin=True,
        vlan_id=0, detected_protocol="", application="", name="", reason="", confidence=0,
        first_seen_at=first_seen_at, last_seen_at=0, local_bytes=sent, other_bytes=0,
        local_packets=1, other_packets=0, local_rate_bps=5, other_rate_bps=0, tcp_retransmits=0,
        tags=[],
    )  # fmt: skip


def test_speeds_are_those_between_two_readings() -> None:
    clock = FakeClock()
    speeds = Speeds(clock)
    now_ms = int(clock.now().timestamp() * 1e3)
    first = speeds.of([view(1, 1_000), view(2, 0)])
    assert [f.local_rate_bps for f in first] == [5, 5]  # what the agent says
    clock._pass(2.0)
    again = speeds.of(
        [view(1, 1_500), view(2, 9_000), view(3, 400, first_seen_at=now_ms + 1_000), view(4, 10**9)]
    )
    assert [(f.local_port, f.local_rate_bps) for f in again] == [
        (2, 36_000), (1, 2_000), (3, 1_600),
        (4, 5),  # it is not new, and was not among the fastest before: nobody knows
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "shown"),
    [(0, "0"), (9_999, "9999"), (10_000, "10 k"), (1_234_567, "1.23 M"), (999_999, "1 M")],
)
def test_numbers_are_short(number: int, shown: str) -> None:
    assert short(number) == shown


def test_groups_are_made_changed_kept_and_removed(agent: LonelyAgent) -> None:
    at = ("--socket", str(agent.socket))
    assert forepost("groups", "add", "printers", "10.0.0.1", "10.1.0.0/16", *at)[0] == 0
    many = "\n".join(f"10.2.0.{n}" for n in range(100))
    assert forepost("groups", "add", "printers", "-", *at, stdin=many)[0] == 0
    code, _, told = forepost("groups", "add", "printers", "10.0.0.1", "nonsense", *at)
    assert code == 1
    assert "2 of 2" in told
    assert forepost("groups", "rm", "printers", "10.0.0.1", *at)[0] == 0
    assert forepost("groups", "rm", "printers", "10.0.0.1", *at)[0] == 1
    assert forepost("groups", "save", "printers", *at)[0] == 0
    _, said, _ = forepost("groups", "ls", *at)
    assert said.splitlines()[1].split() == ["printers", "101", "yes", "local"]
    _, said, _ = forepost("groups", "ls", "--json", *at)
    told_as = {"name": "printers", "entries": 101, "saved": True, "origin": "local"}
    assert json.loads(said) == told_as
    assert forepost("groups", "flush", "printers", *at)[0] == 0
    assert forepost("groups", "ls", "--json", *at)[1] == ""
    code, _, told = forepost("groups", "save", "nobody", *at)
    assert code == 1
    assert "Group not found." in told


def test_who_may_not_is_told_what_to_do(agent: LonelyAgent) -> None:
    code, told = as_nobody("groups", "ls", "--socket", str(agent.socket))
    assert code == 3
    assert "you may not use it" in told
    assert "group root" in told


def test_without_an_agent_it_says_how_to_have_one(tmp_path: Path) -> None:
    code, _, told = forepost("flows", "list", "--socket", str(tmp_path / "none.sock"))
    assert code == 3
    assert "there is no socket" in told
    assert "[socket]" in told
    left = tmp_path / "left.sock"
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(left))
    code, _, told = forepost("flows", "top", "--socket", str(left))
    assert code == 3
    assert "no agent listens there any more" in told
    code, _, told = forepost("groups", "ls", FOREPOST_SOCKET__PATH="")
    assert code == 3
    assert "switch it on" in told
