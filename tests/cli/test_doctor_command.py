"""`forepost doctor` as root and as nobody, and what each probe says without privilege."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from forepost.agent.doctor import CHECKS
from forepost.agent.edges.walk.stages import STAGES
from forepost.cli.doctor import _show
from forepost.wire.local.doctor import Diagnosis, Finding, Stage
from tests.free_ports import free_port
from tests.lab.net import Namespace, namespace
from tests.running import AgentProcess, ControllerProcess, forepost, until

DOCTOR = [sys.executable, "-m", "forepost.cli.main", "doctor"]
NOBODY = ["setpriv", "--reuid", "65534", "--clear-groups"]
PROBES = """
import json, anyio, msgspec
from forepost.agent.edges.system import system_edges
from forepost.agent.probes import PROBES
from forepost.kit.clock import SystemClock
from forepost.wire.probes.options import read_options
from forepost.wire.probes import KINDS

ASKED = {
    "DNS": ("a.example", {"dns_server": "127.0.0.1:9"}),
    "HTTP": ("http://127.0.0.1:9/", {}),
    "MTR": ("127.0.0.1", {}),
    "MTR tcp": ("127.0.0.1", {"protocol": "tcp"}),
    "MTR udp": ("127.0.0.1", {"protocol": "udp"}),
    "NETINFO": ("", {}),
    "PING": ("127.0.0.1", {}),
    "SNMP": ("127.0.0.1:9", {"retries": 0}),
    "SYSINFO": ("", {}),
    "TCP": ("127.0.0.1:9", {}),
    "TLS": ("127.0.0.1:9", {}),
}

async def main():
    clock, got = SystemClock(), {}
    with system_edges(clock) as edges:
        async def one(name, target, metadata):
            kind = name.split()[0]
            told = {"timeout_sec": 1, "count": 1, "bind_interface": "lo" if target else ""}
            options = read_options(KINDS[kind].options, told, metadata)
            got[name] = await PROBES[kind](options, target, clock, edges)
        async with anyio.create_task_group() as tasks:
            for name, (target, metadata) in ASKED.items():
                tasks.start_soon(one, name, target, metadata)
    print(msgspec.json.encode(got).decode())

anyio.run(main)
"""


@pytest.fixture(scope="module")
def strict() -> Iterator[Namespace]:
    """A network where nobody but root may send ICMP."""
    with namespace() as found:
        found.sysctl("net.ipv4.ping_group_range", "1 0")
        yield found


@contextmanager
def folder(*probes: dict[str, object], former: bool = False) -> Iterator[Path]:
    """A state folder of nobody's own, with these probes wanted; `former`: as version N-1 kept
    them.
    """
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        path = Path(name, "agent")
        path.mkdir()
        file = path / ("wanted.json" if former else "wanted-probes.json")
        kept = probes if former else {"revision": "r", "parts": [{"probes": probes}]}
        file.write_text(json.dumps(kept))
        Path(name).chmod(0o755)
        for one in (path, file):
            os.chown(one, 65534, 65534)
        yield path


def doctor(
    inside: Namespace, *arguments: str, user: list[str] = NOBODY, **env: str
) -> tuple[int, dict[str, Finding]]:
    done = subprocess.run(
        ["ip", "netns", "exec", inside.name, *user, *DOCTOR, "--json", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HOME": "/nonexistent", **env},
    )
    assert done.stderr == ""
    found = msgspec.json.decode(done.stdout, type=Diagnosis)
    assert found.user == ("root" if not user else "nobody")
    return done.returncode, {one.check: one for one in found.findings}


def test_without_privilege_it_says_what_is_lacking_and_fails_only_where_it_matters(
    strict: Namespace,
) -> None:
    with folder() as path:
        code, found = doctor(strict, FOREPOST_NODE__STATE_DIR=str(path))
    assert list(found) == list(CHECKS)
    lacking = {name for name, one in found.items() if one.state == "lacks"}
    assert lacking - {"clock", "resolver"} == {
            "icmp-ipv4", "icmp-ipv6", "mtr-icmp", "flows", "flows-kernel",
        }  # fmt: skip
    for name in ("icmp-ipv4", "mtr-icmp"):
        assert "AmbientCapabilities=CAP_NET_RAW" in found[name].grant
        assert "setcap cap_net_raw+ep" in found[name].grant
        assert "net.ipv4.ping_group_range" in found[name].grant
    assert code == 0
    with folder({"type": "MTR", "metadata": {"protocol": "udp"}}, former=True) as path:
        code, found = doctor(strict, FOREPOST_NODE__STATE_DIR=str(path))
        assert (code, found["mtr-udp"].configured) == (0, True)
    with folder({"type": 7}, {"type": "PING"}) as path:
        code, found = doctor(strict, FOREPOST_NODE__STATE_DIR=str(path))
        assert (code, found["icmp-ipv4"].fails, found["mtr-icmp"].fails) == (1, True, False)


def test_root_lacks_nothing(strict: Namespace, tmp_path: Path) -> None:
    state = {"FOREPOST_NODE__STATE_DIR": str(tmp_path)}
    code, found = doctor(strict, "--panel", f"127.0.0.1:{free_port()}", user=[], **state)
    lacking = {name for name, one in found.items() if one.state == "lacks"}
    assert (code, lacking - {"clock", "resolver", "tls-trust"}) == (0, set())
    assert list(tmp_path.iterdir()) == []


def test_what_others_said_is_no_markup_and_pins_are_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    pin = "0123456789abcdef" * 4
    stages = [
        Stage(stage="TCP", state="ok", detail="http://[fd00::1]:80"),
        Stage(stage="TLS", state="fails", detail=f"of [/nobody]: {pin}"),
        Stage(stage="key", state="off"),
    ]
    found = Finding(check="controller", state="lacks", detail="of [/nobody]", stages=stages)
    _show("root", [found])
    table, _, way = capsys.readouterr().out.partition("the way to the controller")
    assert "of [/nobody]" in table
    assert "http://[fd00::1]:80" in way
    assert pin in "".join(way.split())
    assert "key" not in way


def test_a_server_that_may_not_listen_where_it_is_to(strict: Namespace) -> None:
    server = {"type": "TRAFFICSIM", "server": True}
    for target, code in (("0.0.0.0:5000", 0), ("0.0.0.0:123", 1), ("nowhere", 1)):
        with folder({**server, "targets": [{"target": target}]}) as path:
            exit_code, found = doctor(strict, FOREPOST_NODE__STATE_DIR=str(path))
        assert (exit_code, found["trafficsim-port"].fails) == (code, bool(code)), target


def test_what_is_configured_and_cannot_work_fails(strict: Namespace, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    code, found = doctor(
        strict,
        "--panel",
        "127.0.0.1:80",
        FOREPOST_NODE__STATE_DIR="/proc/agent",
        FOREPOST_UPLINK__URL="http://127.0.0.1:9",
        FOREPOST_SPEEDTEST__LISTEN="127.0.0.1:443",
        SSL_CERT_FILE=str(tmp_path / "file"),
        SSL_CERT_DIR=str(tmp_path),
    )
    failing = {name: one for name, one in found.items() if one.fails}
    assert code == 1
    assert set(failing) == {
        "controller", "panel-port", "speedtest-port", "spool-space", "state-folder",
    }  # fmt: skip
    assert "refused" in failing["controller"].detail.lower()
    assert failing["speedtest-port"].detail == "127.0.0.1:443: permission denied"
    assert "CAP_NET_BIND_SERVICE" in failing["speedtest-port"].grant
    assert found["tls-trust"].state == "lacks"


def test_the_controller_s_check_goes_all_the_way(
    tmp_path: Path, controller: ControllerProcess
) -> None:
    """It said `ok` as soon as /healthz answered."""
    person = controller.person()
    agent = person.agent(person.workspace("w"))
    state = tmp_path / "state"
    process = AgentProcess(state, controller.url, agent)

    def checked(**env: str) -> Finding:
        return way(process, **env)

    found = checked()
    assert (found.state, found.detail) == ("ok", f"{controller.url} acknowledges")
    assert [one.stage for one in found.stages] == list(STAGES)
    assert {one.state for one in found.stages} == {"ok"}
    process.start()
    try:
        until(process.drained, 20, lambda: process.output)
        assert checked().state == "ok"
        assert process.status()["connected"]
        path = f"/workspaces/{agent.workspace}/agents/{agent.id}"
        pin = person.call("POST", f"{path}/regenerate")["pin"]
        found = checked()
        assert (found.fails, found.detail) == (True, "key: the key is not known there")
        assert "issue a PIN" in found.grant
    finally:
        process.end()
    found = checked(FOREPOST_NODE__STATE_DIR=str(tmp_path / "none"))
    assert (found.fails, found.detail) == (True, "this agent has no key there")
    found = checked(FOREPOST_NODE__STATE_DIR=str(tmp_path / "none"), FOREPOST_UPLINK__PIN=pin)
    assert (found.state, found.detail) == ("ok", f"{controller.url} answers")
    found = checked(
        FOREPOST_UPLINK__URL=f"https://127.0.0.1:{controller.port}",
        FOREPOST_UPLINK__CA_FILE=str(tmp_path / "no-ca"),
    )
    assert found.fails
    assert str(tmp_path / "no-ca") in found.detail
    done = subprocess.run(
        [*DOCTOR],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **process.env, "COLUMNS": "200"},
    )
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "fails key the key is not known there" in lines
    assert any(line.startswith("ok TCP 127.0.0.1 port") for line in lines)


def test_who_may_not_read_the_key_is_not_told_to_join_again(controller: ControllerProcess) -> None:
    """It said that there was no key, and how to get one by a PIN."""
    person = controller.person()
    agent = person.agent(person.workspace("w"))
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        process = AgentProcess(Path(name, "state"), controller.url, agent)
        process.folder.chmod(0o700)
        done = subprocess.run(
            [*NOBODY, *DOCTOR, "--json"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **process.env, "HOME": "/nonexistent"},
        )
    found = {one.check: one for one in msgspec.json.decode(done.stdout, type=Diagnosis).findings}
    assert found["controller"].fails
    assert "identity.json: permission denied" in found["controller"].detail
    assert "ask as the agent's user" in found["controller"].grant
    assert "make room" not in found["spool-space"].grant


def way(process: AgentProcess, **env: str) -> Finding:
    """What is found of the controller with the settings of this agent."""
    done = subprocess.run(
        [*DOCTOR, "--json"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **process.env, **env},
    )
    findings = msgspec.json.decode(done.stdout, type=Diagnosis).findings
    return next(one for one in findings if one.check == "controller")


def test_an_agent_that_runs_and_is_not_connected_is_not_ok(
    tmp_path: Path, controller: ControllerProcess
) -> None:
    person = controller.person()
    agent = person.agent(person.workspace("w"))
    nowhere = f"http://127.0.0.1:{free_port()}"
    process = AgentProcess(tmp_path / "state", controller.url, agent)
    process.env["FOREPOST_UPLINK__URL"] = nowhere
    process.start()
    try:
        until(lambda: nowhere in str((process.status() or {}).get("problems")), 20)
        found = way(process, FOREPOST_UPLINK__URL=controller.url)
        assert found.fails
        assert f"{controller.url} acknowledges, and the agent that runs" in found.detail
        assert nowhere in found.detail
    finally:
        process.end()
    assert way(process, FOREPOST_UPLINK__URL=controller.url).state == "ok"


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[ControllerProcess]:
    process = ControllerProcess(tmp_path / "controller").start()
    yield process
    process.end()


def test_metering_needs_packets_and_for_the_kernel_s_counters_more(strict: Namespace) -> None:
    with folder() as path:
        state = {"FOREPOST_NODE__STATE_DIR": str(path)}
        code, found = doctor(strict, user=NOBODY, **state)
        assert (code, found["flows"].state, found["flows-kernel"].state) == (0, "lacks", "lacks")
        state["FOREPOST_FLOWS__INTERFACES"] = '["lo"]'
        code, found = doctor(strict, user=NOBODY, **state)
        assert (code, found["flows"].fails, found["flows-kernel"].fails) == (1, True, False)
        assert "CAP_NET_RAW" in found["flows"].grant
        state["FOREPOST_FLOWS__BACKEND"] = "ebpf"
        _, found = doctor(strict, user=NOBODY, **state)
        assert found["flows-kernel"].fails
        assert "CAP_BPF" in found["flows-kernel"].grant
        code, found = doctor(strict, user=[], **state)
        assert (code, found["flows"].state, found["flows-kernel"].state) == (0, "ok", "ok")


def test_a_port_that_somebody_has_and_a_terminal(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        here = {"COLUMNS": "160", "FOREPOST_NODE__STATE_DIR": str(tmp_path)}
        done = forepost("doctor", "--panel", listen, env={**os.environ, **here})
    assert done.returncode == 1
    assert f"{listen}: address already in use" in done.stdout
    assert "-> see who has it: ss -ltnp" in done.stdout
    done = forepost("doctor", "--config", str(tmp_path / "none"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "No such file" in done.stderr


def test_every_probe_runs_without_privilege_or_says_what_it_lacks(strict: Namespace) -> None:
    got = json.loads(strict.run(*NOBODY, sys.executable, "-c", PROBES))
    for name in ("PING", "MTR"):
        assert got[name]["error"].startswith("no permission to send ICMP: grant CAP_NET_RAW")
    assert got["PING"]["packets_sent"] == 0
    for name in ("MTR udp", "MTR tcp"):
        assert got[name]["error"] == "", name
        assert got[name]["report"]["hops"][0]["recv"] > 0, name
    for name in ("DNS", "HTTP", "TCP", "TLS", "SNMP"):
        assert "refused" in got[name]["error"], name
    assert got["SYSINFO"]["memoryInfo"]["total_bytes"] > 0
    assert got["NETINFO"]["interfaces"][0]["name"] == "lo"
