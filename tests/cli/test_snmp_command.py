"""`forepost snmp` against a real agent, as a user calls it."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator

import msgspec
import pytest

from forepost.cli.exit_status import ExitStatus
from forepost.cli.snmp_lines import snmp_line
from forepost.wire.probes.snmp import SnmpResult, SnmpValue
from tests.free_ports import free_port
from tests.lab.snmpd import running
from tests.running import forepost


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("snmpd")) as port:
        yield f"127.0.0.1:{port}"


def call(*words: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return forepost("snmp", *words, env={**os.environ, **env})


def test_get_writes_a_line_for_each_value(agent: str) -> None:
    done = call("get", agent, "sysName", "1.3.6.1.2.1.1.6.0", "ifDescr.1", "-c", "secret")
    assert done.stdout.splitlines() == [
        'sysName.0 = STRING: "lab"',
        'sysLocation.0 = STRING: "a shelf"',
        'ifDescr.1 = STRING: "lo"',
    ]
    assert (done.returncode, done.stderr) == (ExitStatus.FINE, "")
    done = call("get", agent, "sysName", "--numeric", FOREPOST_SNMP_COMMUNITY="secret")
    assert done.stdout == '.1.3.6.1.2.1.1.5.0 = STRING: "lab"\n'


def test_walk_is_that_of_net_snmp(agent: str) -> None:
    done = call("walk", agent, "ifDescr", "1.3.6.1.2.1.1", "-c", "secret")
    lines = done.stdout.splitlines()
    assert lines[0] == 'ifDescr.1 = STRING: "lo"'
    assert 'sysName.0 = STRING: "lab"' in lines
    assert done.returncode == ExitStatus.FINE


@pytest.mark.parametrize(
    "root", ["1.3.6.1.2.1.1.9.1.2", "1.3.6.1.2.1.2.2.1.10", "1.3.6.1.2.1.4.20"]
)
def test_walk_writes_what_snmpwalk_writes(agent: str, root: str) -> None:
    program = shutil.which("snmpwalk")
    assert program, "snmp is not installed"
    theirs = subprocess.run(
        [program, "-v2c", "-csecret", "-On", agent, root],
        env={**os.environ, "MIBS": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    ours = call("walk", agent, root, "-c", "secret", "--numeric")
    assert _without_counts(ours.stdout) == _without_counts(theirs.stdout)
    assert len(ours.stdout.splitlines()) > 0


def _without_counts(text: str) -> str:
    return re.sub(r"Counter32: [0-9]+", "Counter32: n", text)


def test_version_3_with_json(agent: str) -> None:
    passwords = {
        "FOREPOST_SNMP_AUTH_PASSWORD": "authpass1",
        "FOREPOST_SNMP_PRIVACY_PASSWORD": "privpass1",
    }
    done = call("get", agent, "sysName", "-v", "3", "-u", "shaaes", "--json", **passwords)
    got = msgspec.json.decode(done.stdout, type=SnmpResult)
    assert ([one.value for one in got.results], got.error) == (["lab"], "")


def test_scripts_can_tell_how_it_ended(agent: str) -> None:
    secret = ("-c", "secret")
    assert call("get", agent, "1.3.6.1.2.1.1.99.0", *secret).returncode == ExitStatus.NOT_FINE
    fine = call("get", agent, "sysName", *secret, "-e", "sysName == lab")
    assert fine.returncode == ExitStatus.FINE
    other = call("get", agent, "sysName", *secret, "-e", "sysName == core")
    assert other.returncode == ExitStatus.NOT_FINE
    assert "sysName is lab, not == what is expected" in other.stderr
    nobody = call("get", f"127.0.0.1:{free_port()}", "sysName")
    assert nobody.returncode == ExitStatus.NOT_FINE
    assert "connection refused" in nobody.stderr
    wrong = call("get", agent, "sysColour")
    assert (wrong.returncode, wrong.stdout) == (ExitStatus.USAGE, "")
    assert call("get", agent, "sysName", "--context", "x").returncode == ExitStatus.USAGE
    assert call("get", "host:x", "sysName").returncode == ExitStatus.NOT_MEASURED


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("timeticks", 8_640_000 + 360_000 + 6_101, "Timeticks: (9006101) 1 day, 1:01:01.01"),
        ("timeticks", 5, "Timeticks: (5) 0:00:00.05"),
        ("hex", "00ff", "Hex-STRING: 00 FF"),
        ("mac", "00:1b:44:11:3a:b7", "STRING: 00:1b:44:11:3a:b7"),
        ("oid", "1.3.6", "OID: .1.3.6"),
        ("counter64", 7, "Counter64: 7"),
        ("noSuchObject", None, "No Such Object available on this agent at this OID"),
        ("genErr", None, "genErr"),
        ("unreadable", "0102", "Unreadable: 0102"),
        ("string", 'a "b"', 'STRING: "a \\"b\\""'),
    ],
)
def test_how_a_value_is_written(kind: str, value: object, shown: str) -> None:
    one = SnmpValue(oid="1.3.9", value=value, type=kind, name="")  # type: ignore[arg-type]
    assert snmp_line(one, numeric=False) == f".1.3.9 = {shown}"
