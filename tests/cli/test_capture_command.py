"""`forepost capture`: what it prints, and how it ends."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from forepost.wire.flows.telemetry import FlowRecord
from tests.lab.captures import SECOND_NS, pcap, pcapng
from tests.lab.frames import ACK, PSH, ethernet, ipv4, tcp, udp

REQUEST = b"GET / HTTP/1.1\r\nHost: www.example.com\r\n\r\n"
START_NS = 1_700_000_000 * SECOND_NS
PACKETS = [
    (START_NS, ethernet(ipv4("10.0.0.1", "198.18.0.2", 6, tcp(40_000, 80, 1, PSH | ACK, REQUEST)), 0x0800)),  # noqa: E501
    *((START_NS + n, ethernet(ipv4("198.18.0.9", "198.18.0.2", 17, udp(6, 5, b"12")), 0x0800)) for n in range(3)),  # noqa: E501
    (START_NS + 9, ethernet(bytes(28), 0x0806)),
]  # fmt: skip


def capture(*arguments: str, stdin: bytes = b"") -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "forepost.cli.main", "capture", *arguments],
        input=stdin,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("capture") / "some.pcapng"
    path.write_bytes(pcapng(PACKETS))
    return path


def test_for_people(file: Path) -> None:
    code, said, _ = capture(str(file))
    assert code == 0
    head, other, http, *_ = said.splitlines()
    assert head.split() == [
        "proto", "local", "other", "application", "name", "tags", "sec",
        "out", "pkt", "in", "pkt", "out", "bytes", "in", "bytes",
    ]  # fmt: skip
    assert other.split()[:3] == ["UDP", "198.18.0.9:6", "198.18.0.2:5"]
    cells = ["TCP", "10.0.0.1:40000", "198.18.0.2:80", "HTTP", "www.example.com"]
    assert http.split()[:5] == cells
    assert "5 packets" in said
    assert "1 are neither IPv4 nor IPv6; 0 malformed" in said


def test_the_table_is_of_the_largest(file: Path) -> None:
    _, said, _ = capture(str(file), "--limit", "1")
    assert "198.18.0.9" in said  # 3 x 44 bytes are more than 95
    assert "10.0.0.1" not in said
    assert "and 1 flows with fewer bytes" in said


def test_as_json_one_record_a_line(file: Path) -> None:
    code, said, told = capture(str(file), "--json", "--local", "198.18.0.2/32")
    assert code == 0
    records = [msgspec.json.decode(line, type=FlowRecord) for line in said.splitlines()]
    flows: dict[str, Any] = {r.flow.other_ip: r.flow for r in records}
    assert {r.type for r in records} == {"flow_dpi_complete"}
    assert flows["198.18.0.9"].local_ip == "198.18.0.2"
    assert not flows["198.18.0.9"].local_origin
    assert (flows["198.18.0.9"].other_packets, flows["198.18.0.9"].other_bytes) == (3, 3 * 44)
    assert flows["10.0.0.1"].host_server_name == "www.example.com"  # the setting is nearer
    assert "1 are neither IPv4 nor IPv6" in told
    assert json.loads(said.splitlines()[0])["interface"] == "some.pcapng"


def test_names_by_ndpi_beside_ours(file: Path) -> None:
    code, said, _ = capture(str(file), "--json", "--ndpi")
    assert code == 0
    records = [msgspec.json.decode(line, type=FlowRecord).flow for line in said.splitlines()]
    (web,) = [one for one in records if one.host_server_name == "www.example.com"]
    assert msgspec.to_builtins(web.ndpi)["protocol"] == "HTTP"
    assert web.label.reason == "http_host"  # type: ignore[union-attr]


def test_standard_input_and_a_cut_file() -> None:
    """What was whole is shown; the exit code says that it was not all."""
    code, said, told = capture("-", stdin=pcap(PACKETS)[:-3])
    assert code == 1
    assert "4 packets" in said
    assert "the file is cut off after 4 packets" in told


def test_whoever_reads_may_stop(tmp_path: Path) -> None:
    """As with `| head -1`."""
    path = tmp_path / "many.pcap"
    frames = [
        ethernet(ipv4("10.0.0.1", "198.18.0.2", 17, udp(1_024 + n, 9, b"12")), 0x0800)
        for n in range(2_000)
    ]
    path.write_bytes(pcap([(START_NS + n, frame) for n, frame in enumerate(frames)]))
    with subprocess.Popen(
        [sys.executable, "-m", "forepost.cli.main", "capture", str(path), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline().startswith(b"{")
        running.stdout.close()
        assert running.wait(10) == 0
        assert running.stderr.read() == b""


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (["/nowhere/a.pcap"], 1, "No such file"),
        (["/etc/passwd"], 1, "neither pcap nor pcapng"),
        (["/etc/passwd", "--local", "no prefix"], 2, "--local"),
    ],
)
def test_what_cannot_be_read(arguments: list[str], code: int, reason: str) -> None:
    got, said, told = capture(*arguments)
    assert (got, said) == (code, "")
    assert reason in told
