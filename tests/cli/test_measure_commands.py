"""The measuring verbs at a terminal, as a user calls them."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from threading import Thread

import msgspec
import pytest

from forepost.cli.exit_status import ExitStatus
from forepost.wire.probes.dns import DnsResult
from forepost.wire.probes.http import HttpResult
from forepost.wire.probes.tcp import TcpResult
from forepost.wire.probes.tls import TlsResult
from tests.free_ports import free_port
from tests.lab import unbound
from tests.lab.certificates import Authority
from tests.lab.unbound import Unbound
from tests.receiver import Receiver
from tests.running import forepost

FOREPOST = [sys.executable, "-m", "forepost.cli.main"]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def dns_server(authority: Authority) -> Iterator[Unbound]:
    with unbound.running(authority.folder, authority.file("localhost")) as server:
        yield server


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def call(*arguments: object, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "COLUMNS": "200", **(env or {})}
    return forepost(*map(str, arguments), env=env)


def lines(done: subprocess.CompletedProcess[str]) -> Sequence[bytes]:
    return done.stdout.encode().splitlines()


def test_dns_prints_the_payload_or_a_table(dns_server: Unbound) -> None:
    server = f"127.0.0.1:{dns_server.port}"
    done = call("dns", "host.example", "-s", server, "-c", 2, "-i", 0.01, "--json")
    got = [msgspec.json.decode(line, type=DnsResult) for line in lines(done)]
    assert [one.response_code for one in got] == ["NOERROR"] * 2
    assert (done.returncode, done.stderr) == (ExitStatus.FINE, "")
    done = call("dns", "host.example", "-s", server, "-t", "MX")
    assert "10 mail.example." in done.stdout
    assert server in done.stdout
    done = call("dns", "none.example", "-s", server, "-p", "tcp")
    assert "NXDOMAIN" in done.stdout
    assert done.returncode == ExitStatus.FINE


def test_what_a_server_says_does_not_move_the_cursor(dns_server: Unbound) -> None:
    server = f"127.0.0.1:{dns_server.port}"
    done = call("dns", "odd.example", "-s", server, "-t", "TXT")
    assert "[/] ?[2J" in done.stdout
    assert (done.returncode, done.stderr) == (ExitStatus.FINE, "")


def test_dns_ends_with_what_scripts_can_tell(dns_server: Unbound) -> None:
    server = f"127.0.0.1:{dns_server.port}"
    nobody = f"127.0.0.1:{free_port()}"
    done = call("dns", "a.example", "-s", nobody, "--json")
    got = msgspec.json.decode(done.stdout, type=DnsResult)
    assert (got.response_code, got.error) == ("ERROR", "query: connection refused")
    assert done.returncode == ExitStatus.NOT_FINE
    done = call("dns", "a.example", "-s", "host.invalid:x")
    assert done.returncode == ExitStatus.NOT_MEASURED
    assert "'host.invalid:x': no such port" in done.stderr
    done = call("dns", "a.example", "-s", "https://127.0.0.1/")
    assert (done.returncode, done.stdout) == (ExitStatus.USAGE, "")
    assert "dns_server: a URL is for protocol doh" in done.stderr
    done = call("dns", "elsewhere.net", "-s", server)
    assert done.returncode == ExitStatus.NOT_FINE
    done = call("dns", "elsewhere.net", "-s", server, "--rcode", "refused")
    assert done.returncode == ExitStatus.FINE
    both = ("-e", "198.18.0.7", "-e", "198.18.0.8", "--match", "exactly")
    done = call("dns", "host.example", "-s", server, *both, "--edns-size", 0)
    assert (done.returncode, done.stderr) == (ExitStatus.FINE, "")
    done = call("dns", "host.example", "-s", server, "-e", "192.0.2.0/24")
    assert done.returncode == ExitStatus.NOT_FINE
    assert "nothing of what is expected is among the answers" in done.stderr
    done = call("dns", "host.example", "-s", server, "-s", nobody, "--no-recurse")
    assert done.returncode == ExitStatus.NOT_FINE
    assert "198.18.0.7, 198.18.0.8" in done.stdout
    assert "query: connection refused" in done.stdout
    assert "with 3" in call("dns", "--help").stdout


def test_http_is_timed_and_compared() -> None:
    with Receiver(script=[200, 503, 404, 200]) as receiver:
        done = call("http", receiver.url, "-H", "X-Own: yes", "--json")
        got = msgspec.json.decode(done.stdout, type=HttpResult)
        assert (got.status_code, got.error, done.returncode) == (200, "", ExitStatus.FINE)
        assert receiver.requests[0].headers["x-own"] == "yes"
        done = call("http", receiver.url)
        assert done.returncode == ExitStatus.NOT_FINE
        assert "503" in done.stdout
        assert "status: 503 Service Unavailable was not expected" in done.stderr
        done = call("http", receiver.url, "--status", 404, "--status", 410)
        assert (done.returncode, done.stderr) == (ExitStatus.FINE, "")
        done = call("http", receiver.url, "--contains", "nowhere")
        assert "content: what is expected is not in it" in done.stderr
        done = call("http", receiver.url, "--contains", "a", "--regex", "b")
        assert done.returncode == ExitStatus.USAGE


def test_tls_shows_what_is_wrong(dns_server: Unbound, authority: Authority) -> None:
    endpoint = f"localhost:{dns_server.tls_port}"
    done = call("tls", endpoint, "--json")
    got = msgspec.json.decode(done.stdout, type=TlsResult)
    assert not got.trusted
    assert got.certificate is not None
    assert done.returncode == ExitStatus.NOT_FINE
    path = authority.folder / "trusted.pem"
    authority.ca.cert_pem.write_to_path(path)
    done = call("tls", endpoint, env={"SSL_CERT_FILE": str(path)})
    assert (done.returncode, done.stderr) == (ExitStatus.FINE, "")
    assert "TLS 1.3" in done.stdout
    assert "Lab authority" in done.stdout


def test_tcp_counts_and_shows(listening: int) -> None:
    done = call("tcp", f"127.0.0.1:{listening}", "-c", 3, "-i", 0.02, "--json")
    got = msgspec.json.decode(done.stdout, type=TcpResult)
    assert (got.attempts, got.connected, done.returncode) == (3, 3, ExitStatus.FINE)
    done = call("tcp", f"127.0.0.1:{listening}", "-c", 2, "-i", 0.02)
    assert done.stdout.count(" ms") >= 2
    assert "median" in done.stdout
    done = call("tcp", f"127.0.0.1:{free_port()}", "-c", 1)
    assert "connection refused" in done.stdout
    assert done.returncode == ExitStatus.NOT_FINE
    done = call("tcp", "127.0.0.1", "-c", 1)
    assert done.returncode == ExitStatus.NOT_MEASURED
    assert "'127.0.0.1': no port" in done.stderr


def test_tcp_says_and_expects(authority: Authority, dns_server: Unbound) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=_greet, args=(server, 3), daemon=True).start()
        place = f"127.0.0.1:{server.getsockname()[1]}"
        fine = call("tcp", place, "-c", 1, "--send", r"hello\n", "--expect", "said hello")
        other = call("tcp", place, "-c", 1, "-W", 1, "--expect", "never")
        found = call("tcp", place, "-c", 1, "--send", r"x\n", "--regex", "^said .$")
    assert (fine.returncode, fine.stderr) == (ExitStatus.FINE, "")
    assert (found.returncode, found.stderr) == (ExitStatus.FINE, "")
    assert other.returncode == ExitStatus.NOT_FINE
    inside = call("tcp", f"localhost:{dns_server.tls_port}", "-c", 1, "--tls", "--insecure")
    assert (inside.returncode, inside.stderr) == (ExitStatus.FINE, "")
    wrong = call("tcp", place, "--send", r"\q")
    assert wrong.returncode == ExitStatus.USAGE
    assert "send: '\\q' stands for no byte" in wrong.stderr


def _greet(server: socket.socket, times: int) -> None:
    for _ in range(times):
        with server.accept()[0] as line:
            line.settimeout(5)
            with contextlib.suppress(OSError):
                line.sendall(b"said " + line.recv(100).strip())
                line.recv(1)


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("ssh", "127.0.0.1:{closed}"), ExitStatus.NOT_FINE, "connect: connection refused"),
        (("SSH", "nowhere.invalid"), ExitStatus.NOT_MEASURED, "resolve: "),
        (("smtp", "x", "-s", "tls"), ExitStatus.USAGE, "--set tls: NAME=VALUE is needed"),
        (("smtp", "x", "-s", "username=me"), ExitStatus.USAGE, "password: the other one is given"),
        (("ntp", "x", "-s", "offset=3"), ExitStatus.USAGE, "offset: NTP has no such option"),
        (("nonsense", "x"), ExitStatus.USAGE, "type: no probe nonsense; there are DNS, "),
        (("udp", "127.0.0.1:{closed}", "-s", "send=x"), ExitStatus.NOT_FINE, "refused"),
        (("tcp", "127.0.0.1:{open}", "-c", "1"), ExitStatus.FINE, ""),
        (("http", "http://127.0.0.1:{closed}/"), ExitStatus.NOT_FINE, "refused"),
        (("sysinfo",), ExitStatus.FINE, ""),
    ],
)
def test_any_type_can_be_run_once(
    listening: int, arguments: tuple[str, ...], status: ExitStatus, words: str
) -> None:
    ports = {"open": listening, "closed": free_port()}
    done = call("probe", *(one.format(**ports) for one in arguments), "-W", 2)
    assert (done.returncode, words in done.stderr) == (status, True), done.stderr
    assert bool(done.stdout) == (status != ExitStatus.USAGE)


def test_a_probe_of_any_type_as_json(dns_server: Unbound) -> None:
    server = f"127.0.0.1:{dns_server.port}"
    done = call("probe", "DNS", "host.example", "--set", f"dns_server={server}", "--json")
    got = msgspec.json.decode(done.stdout, type=DnsResult)
    assert sorted(one.value for one in got.answers) == ["198.18.0.7", "198.18.0.8"]


@pytest.mark.parametrize(
    "verb", ["ping", "mtr", "tcp", "dns", "http", "tls", "snmp get", "snmp walk", "probe"]
)
def test_the_help_has_every_exit_status(verb: str) -> None:
    said = " ".join(call(*verb.split(), "--help").stdout.replace("│", " ").split())
    for part in ("Exits with 0 when", "with 1 when", "with 2 for", "with 3 when"):
        assert part in said, said


def test_a_pipe_gets_plain_lines(listening: int, dns_server: Unbound) -> None:
    """As `awk` and `cut` want them: no boxes, no colours, nothing cut off."""
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    server = f"127.0.0.1:{dns_server.port}"
    for arguments in (
        ("tcp", f"127.0.0.1:{listening}", "-c", 1),
        ("dns", "big.example", "-s", server, "-t", "TXT"),
        ("tls", f"localhost:{dns_server.tls_port}"),
        ("probe", "tcp", f"127.0.0.1:{listening}", "-c", 1),
        ("ping", "127.0.0.1", "-c", 1),
        ("mtr", "127.0.0.1", "-c", 1),
    ):
        said = forepost(*map(str, arguments), env=environment).stdout
        assert said.isascii(), said
        assert "\x1b" not in said
    long = forepost("dns", "big.example", "-s", server, "-t", "TXT", env=environment).stdout
    assert "029 " + "x" * 200 in long


@pytest.mark.parametrize("json", [True, False])
def test_ctrl_c_gives_what_is_known(*, json: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(45)
        place = f"127.0.0.1:{server.getsockname()[1]}"
        command = [*FOREPOST, "tcp", place, "-c", "999", "-i", "0.05"]
        with subprocess.Popen(
            command + ["--json"] * json, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as program:
            for _ in range(4):  # the first three are known when the fourth comes
                server.accept()[0].close()
            program.send_signal(signal.SIGINT)
            said, wrong = program.communicate()
    assert not wrong
    assert program.returncode == ExitStatus.FINE
    assert ("connects_ms" if json else "median") in said
