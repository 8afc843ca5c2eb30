import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from forepost.cli.exit_status import ExitStatus
from forepost.cli.ping import ping
from forepost.wire.probes.ping import PingResult
from tests.lab.net import Namespace, pair
from tests.running import until

MOUNTED = """
import sys
from cyclopts import App
from forepost.cli.ping import ping

app = App()
app.default(ping)
sys.exit(app())
"""
PROGRAM = [sys.executable, "-c", MOUNTED]


@pytest.fixture(scope="module")
def near() -> Iterator[Namespace]:
    with pair() as (near, _):
        yield near


def run(
    near: Namespace, *arguments: str, said: str | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["ip", "netns", "exec", near.name, *PROGRAM, *arguments],
        input=said,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "100"},
    )


@pytest.mark.parametrize("target", ["198.18.0.2", "2001:db8::2"])
def test_json_is_exactly_the_probes_payload(
    near: Namespace, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with near.inside():
        assert ping(target, count=3, interval=0.02, json=True) == ExitStatus.FINE
    said = capsys.readouterr().out
    got = msgspec.json.decode(said, type=PingResult)
    assert (got.packets_sent, got.packets_recv, got.addr) == (3, 3, target)
    assert 0 < got.min_rtt <= got.avg_rtt <= got.max_rtt
    fields = {*PingResult.__struct_fields__} - {
        "other_addrs"
    }  # only the one that was asked answered
    assert set(msgspec.json.decode(said)) == fields


def test_a_person_gets_a_line_for_each_answer_and_a_summary(near: Namespace) -> None:
    done = run(near, "198.18.0.2", "--count", "2", "--interval", "0.02")
    assert done.returncode == ExitStatus.FINE
    assert done.stdout.count("198.18.0.2  seq") == 2
    assert "median" in done.stdout
    assert "0.0 %" in done.stdout
    assert done.stdout.endswith("\n")


def test_what_is_set_in_the_packets(near: Namespace) -> None:
    """A TTL and a size that are too much for the way, and a source that is not ours."""
    large = run(near, "198.18.0.2", "-c", "1", "-W", "0.3", "-s", "2000", "--dont-fragment")
    assert "message too long" in large.stdout
    marked = run(near, "198.18.0.2", "-c", "1", "--ttl", "3", "--dscp", "46", "--json")
    assert msgspec.json.decode(marked.stdout, type=PingResult).packets_recv == 1
    foreign = run(near, "198.18.0.2", "-c", "1", "--source", "198.18.0.99")
    assert foreign.returncode == ExitStatus.NOT_MEASURED
    assert "source 198.18.0.99: cannot assign requested address" in foreign.stderr


def test_silence_is_measured_and_not_fine(near: Namespace) -> None:
    done = run(near, "198.18.0.77", "-c", "1", "-W", "0.1", "--json")
    got = msgspec.json.decode(done.stdout, type=PingResult)
    assert (got.packets_sent, got.packet_loss) == (1, 100.0)
    assert done.returncode == ExitStatus.NOT_FINE


def test_an_unknown_host_is_none(near: Namespace) -> None:
    done = run(near, "host.invalid", "--json")
    got = msgspec.json.decode(done.stdout, type=PingResult)
    assert done.returncode == ExitStatus.NOT_MEASURED
    assert got.packets_sent == 0
    assert got.error.startswith("host.invalid: ")
    assert run(near, "host.invalid").stderr.startswith("forepost: host.invalid: ")


def test_both_families_at_once_are_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert ping("localhost", ipv4=True, ipv6=True) == ExitStatus.USAGE
    assert "exclude each other" in capsys.readouterr().err


def test_an_address_of_the_other_family_cannot_be_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert ping("::1", ipv4=True) == ExitStatus.NOT_MEASURED
    assert "::1 is no IPv4 address" in capsys.readouterr().err


def test_several_hosts_at_once(near: Namespace) -> None:
    both = ("198.18.0.2", "2001:db8::2")
    done = run(near, *both, "198.18.0.2", "-c", "2", "-i", "0.02")
    assert (done.returncode, done.stderr) == (ExitStatus.FINE, "")
    assert all(done.stdout.count(f"{host}  seq") == 2 for host in both), "each once"
    assert all(f"\n{host} " in done.stdout for host in both), "a row of the summary"
    one_silent = run(near, "198.18.0.2", "198.18.0.77", "-c", "1", "-W", "0.1", "--quiet")
    assert one_silent.returncode == ExitStatus.NOT_FINE
    assert "seq" not in one_silent.stdout
    assert "100.0 %" in one_silent.stdout
    one_unknown = run(near, "198.18.0.2", "host.invalid", "-c", "1", "--json")
    known, unknown = map(msgspec.json.decode, one_unknown.stdout.splitlines())
    assert one_unknown.returncode == ExitStatus.NOT_FINE
    assert (known["packets_recv"], unknown["packets_sent"]) == (1, 0)


def test_hosts_from_standard_input_and_from_a_file(near: Namespace, tmp_path: Path) -> None:
    listed = "198.18.0.2  # the router\n\n# nothing here\n2001:db8::2\n"
    done = run(near, "-f", "-", "-c", "1", "--json", said=listed)
    got = [msgspec.json.decode(line, type=PingResult).addr for line in done.stdout.splitlines()]
    assert got == ["198.18.0.2", "2001:db8::2"]
    file = tmp_path / "hosts"
    file.write_text(listed)
    assert run(near, "-f", str(file), "-c", "1", "-q").returncode == ExitStatus.FINE


@pytest.mark.parametrize(
    ("arguments", "said", "reason"),
    [
        ((), "", "hosts: at least one is needed"),
        (("-f", "-"), "# nobody\n", "hosts: at least one is needed"),
        (("-f", "-"), "x\n" * 1_001, "hosts: 1,001; the most is 1,000"),
        (("-f", "/nowhere/at-all"), "", "--file /nowhere/at-all: No such file or directory"),
        (("-f", "/"), "", "--file /: Is a directory"),
    ],
)
def test_what_makes_no_list_of_hosts(
    near: Namespace, arguments: tuple[str, ...], said: str, reason: str
) -> None:
    done = run(near, *arguments, said=said)
    assert (done.returncode, done.stdout) == (ExitStatus.USAGE, "")
    assert reason in done.stderr


@pytest.mark.parametrize("count", ["99", "0"])
@pytest.mark.parametrize("json", [True, False])
def test_ctrl_c_gives_what_is_known(near: Namespace, count: str, *, json: bool) -> None:
    """Also where it would never end (0)."""
    command = ["ip", "netns", "exec", near.name, *PROGRAM, "198.18.0.2", "-c", count, "-i", "0.05"]
    before = near.sent()
    with subprocess.Popen(
        command + ["--json"] * json, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as program:
        # More than what a new interface says by itself before the first request.
        until(lambda: near.sent() >= before + 25, 30)
        program.send_signal(signal.SIGINT)
        said, wrong = program.communicate()
    assert not wrong
    assert program.returncode == ExitStatus.FINE
    assert ("packets_recv" if json else "median") in said
