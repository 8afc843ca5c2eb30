"""Every example of the Netify Agent API document (seed 000), replayed against a running agent."""

import json
import shutil
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.net import namespace
from tests.lonely import LonelyAgent
from tests.running import until

STATUS_FIELDS = {
    "agent_version", "cpu_cores", "cpu_system", "cpu_system_prev", "cpu_user", "cpu_user_prev",
    "dhc_status", "fhc_status", "flow_count", "flow_count_prev", "flows_active", "flows_expired",
    "flows_expiring", "flows_in_use", "flows_purged", "maxrss_kb", "maxrss_kb_prev", "memrss_kb",
    "memrss_kb_prev", "timestamp", "update_imf", "update_interval", "uptime",
}  # fmt: skip
SCRIPT = """#!/bin/bash
IPSET_NAME="printers"
SOCKET_PATH="{socket}"
if ! ipset list -n | grep -q "^${{IPSET_NAME}}$"; then
    echo "Error: ipset '${{IPSET_NAME}}' does not exist."
    exit 1
fi
IPS=$(ipset save "$IPSET_NAME" | awk '/^add / {{print $3}}')
if [ -z "$IPS" ]; then
    echo "No IPs found in ipset '${{IPSET_NAME}}'."
    exit 0
fi
JSON_IPS=$(printf '"%s",' $IPS | sed 's/,$//')
PAYLOAD="{{\\"command\\": \\"add-group-address\\", \\"group\\": \\"${{IPSET_NAME}}\\", \\"data\\": [${{JSON_IPS}}]}}"
echo "$PAYLOAD" | nc -NU "$SOCKET_PATH"
"""  # noqa: E501 - as the document prints it


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LonelyAgent]:
    started = LonelyAgent(tmp_path_factory.mktemp("netify"))
    started.start()
    try:
        yield started.ready()
    finally:
        started.end()


@pytest.fixture(autouse=True)
def _no_groups(agent: LonelyAgent) -> None:
    for group in agent.ask(command="list-address-groups")["data"]:
        agent.ask(command="flush-group-addresses", group=group["name"])


def entries(agent: LonelyAgent, group: str) -> int:
    groups = agent.ask(command="list-address-groups")["data"]
    return sum(one["entries"] for one in groups if one["name"] == group)


def test_the_socket_is_of_its_user_and_group_only(agent: LonelyAgent) -> None:
    assert stat.S_IMODE(agent.socket.stat().st_mode) == 0o660


def test_interactive_session_with_netcat(agent: LonelyAgent) -> None:
    """`nc -NU`: the answer comes while the session is open, and after the input has ended."""
    session = subprocess.Popen(
        ["nc", "-NU", str(agent.socket)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert session.stdin is not None
    assert session.stdout is not None
    try:
        session.stdin.write(
            b'{ "command": "add-group-address", "group": "games", "data": "23.62.104.113" }\n'
        )
        session.stdin.flush()
        expected = {"code": 100, "data": {"errors": 0, "total": 1}, "message": "Ok."}
        assert json.loads(session.stdout.readline()) == expected
        session.stdin.write(b'{"command": "list-address-groups"}')
        session.stdin.close()
        assert json.loads(session.stdout.readline())["data"][0]["entries"] == 1
        assert session.wait(5) == 0
    finally:
        session.kill()
        session.wait()
        session.stdout.close()


def test_status(agent: LonelyAgent) -> None:
    answer = agent.ask(command="status")
    assert (answer["code"], answer["message"]) == (100, "Ok.")
    data = answer["data"]
    assert data.keys() >= STATUS_FIELDS
    assert abs(data["timestamp"] - time.time()) < 5
    assert (data["update_imf"], data["update_interval"], data["flow_count"]) == (1, 15, 0)
    assert 10_000 < data["memrss_kb"] <= data["maxrss_kb"]
    example = {"cpu_user": float, "dhc_status": bool, "uptime": int, "agent_version": str}
    assert {name: type(data[name]) for name in example} == example


def test_add_one_address(agent: LonelyAgent) -> None:
    answer = agent.ask(command="add-group-address", group="printers", data="192.168.1.100")
    assert answer == {"code": 100, "message": "Ok.", "data": {"errors": 0, "total": 1}}


def test_add_several_addresses(agent: LonelyAgent) -> None:
    answer = agent.ask(
        command="add-group-address", group="printers", data=["10.0.0.101", "10.0.0.220"]
    )
    assert answer["data"] == {"errors": 0, "total": 2}
    assert entries(agent, "printers") == 2


def test_remove_addresses(agent: LonelyAgent) -> None:
    added = ["192.168.1.100", "10.0.0.101", "10.0.0.220", "10.0.0.221"]
    agent.ask(command="add-group-address", group="printers", data=added)
    answer = agent.ask(command="remove-group-address", group="printers", data="192.168.1.100")
    assert answer == {"code": 100, "message": "Ok.", "data": {"errors": 0, "total": 1}}
    two = ["10.0.0.101", "10.0.0.220"]
    assert agent.ask(command="remove-group-address", group="printers", data=two)["data"] == {
        "errors": 0,
        "total": 2,
    }
    assert entries(agent, "printers") == 1


@pytest.mark.parametrize("command", ["flush-group-addresses", "flush-address-group"])
def test_delete_group(agent: LonelyAgent, command: str) -> None:
    agent.ask(command="add-group-address", group="printers", data="192.168.1.100")
    agent.ask(command="save-address-group", group="printers")
    kept = agent.folder / "state/address-groups.d/10-printers.conf"
    assert kept.exists()
    assert agent.ask(command=command, group="printers") == {"code": 100, "message": "Ok."}
    assert not kept.exists()
    assert agent.ask(command="list-address-groups")["data"] == []
    assert agent.ask(command=command, group="printers")["code"] == 100


def test_a_saved_group_is_there_after_a_restart(agent: LonelyAgent) -> None:
    mixed = ["10.9.0.0/16", "2001:db8::/32", "AA:bb:cc:00:11:22", "198.18.0.9"]
    agent.ask(command="add-group-address", group="printers", data=mixed)
    answer = agent.ask(command="save-address-group", group="printers")
    assert (answer["code"], answer["message"]) == (100, "Saved group address(es).")
    agent.ask(command="add-group-address", group="forgotten", data="198.18.0.1")
    file = agent.folder / "state/address-groups.d/10-printers.conf"
    assert file.read_text().splitlines() == [
        "198.18.0.9", "aa:bb:cc:00:11:22", "10.9.0.0/16", "2001:db8::/32",
    ]  # fmt: skip
    before = agent.pid
    assert agent.ask(command="restart") == {"code": 100, "message": "Bye, bye."}
    until(lambda: agent.answers() and not entries(agent, "forgotten"), 15)
    assert agent.pid == before
    assert entries(agent, "printers") == 4


def test_script_with_ipset(agent: LonelyAgent, tmp_path: Path) -> None:
    """The document's script, with a set of the kernel's that this test makes in a namespace."""
    script = tmp_path / "push.sh"
    script.write_text(SCRIPT.format(socket=agent.socket))
    with namespace() as place:
        place.run("ipset", "create", "printers", "hash:ip")
        for address in ("198.18.0.10", "198.18.0.11", "198.18.0.12"):
            place.run("ipset", "add", "printers", address)
        said = json.loads(place.run("bash", str(script)))
    assert said == {"code": 100, "message": "Ok.", "data": {"errors": 0, "total": 3}}
    assert entries(agent, "printers") == 3


def test_what_the_script_needs_is_here() -> None:
    assert shutil.which("ipset")
    assert shutil.which("nc")


def test_load_and_reload_read_the_file_again(agent: LonelyAgent) -> None:
    agent.ask(command="add-group-address", group="printers", data="198.18.0.1")
    agent.ask(command="save-address-group", group="printers")
    file = agent.folder / "state/address-groups.d/10-printers.conf"
    file.write_text("# by hand\n\n  198.18.0.2\n198.18.0.3\n")
    (file.parent / "55-hand-made.conf").write_text("198.18.9.0/24\nno address\n")
    answer = agent.ask(command="load-address-group", group="printers")
    assert (answer["code"], answer["message"]) == (100, "Loaded group address(es).")
    assert entries(agent, "printers") == 2
    assert entries(agent, "hand-made") == 0
    assert agent.ask(command="reload") == {"code": 100, "message": "Ok."}
    assert entries(agent, "hand-made") == 1
    assert "'no address' is no IPv4, IPv6 or MAC address" in agent.log.read_text()


def test_lookup(agent: LonelyAgent) -> None:
    agent.ask(command="add-group-address", group="wide", data="198.18.0.0/15")
    agent.ask(command="add-group-address", group="narrow", data=["198.18.1.0/24", "198.18.1.7"])
    answer = agent.ask(command="lookup-group-address", data=["198.18.1.7", "198.18.1.8", "::1"])
    assert answer["data"] == {
        "198.18.1.7": {"narrow": "198.18.1.7", "wide": "198.18.0.0/15"},
        "198.18.1.8": {"narrow": "198.18.1.0/24", "wide": "198.18.0.0/15"},
        "::1": {},
    }


@pytest.mark.parametrize(
    ("request_", "code", "message"),
    [
        ({}, 500, "No command specified."),
        ({"command": 5}, 500, "No command specified."),
        ({"command": "save-address-group"}, 500, "No group specified."),
        ({"command": "save-address-group", "group": "none"}, 500, "Group not found."),
        ({"command": "load-address-group", "group": "none"}, 500, "No group filename assigned."),
        ({"command": "flush-address-group"}, 500, "No group specified."),
        ({"command": "add-group-address"}, 500, "No group specified."),
        ({"command": "add-group-address", "data": "::1"}, 501, "No address group tag set"),
        ({"command": "dance"}, 501, "invalid command"),
        ({"command": "add-group-address", "group": "../x", "data": "::1"}, 500, None),
    ],
)
def test_codes(
    agent: LonelyAgent, request_: dict[str, Any], code: int, message: str | None
) -> None:
    answer = agent.ask(**request_)
    assert answer["code"] == code
    if message is not None:
        assert answer["message"] == message
    else:
        assert answer["message"].startswith("group: '../x'")


def test_501_ends_the_connection_and_500_does_not(agent: LonelyAgent) -> None:
    good = b'{"command": "list-address-groups"}'
    assert [a["code"] for a in agent.say(b"{}" + good)] == [500, 100]
    assert [a["code"] for a in agent.say(good + b"garbage" + good)] == [100, 501]
    assert [a["code"] for a in agent.say(b'{"command": "dance"}' + good)] == [501]
    twice = b'{"command": "status", "command": "status"}'
    assert agent.say(twice) == [{"code": 501, "message": "command already set"}]
    assert agent.say(b'{"command": ') == [
        {"code": 501, "message": "parse error: the last request has no end"}
    ]


def test_errors_are_counted_and_the_rest_is_done(agent: LonelyAgent) -> None:
    data = ["198.18.0.1", "198.18.0.1", "198.18.0.0/33", "nonsense", 7, "10.0.0.0/8", "10.0.0.0/8"]
    answer = agent.ask(command="add-group-address", group="printers", data=data)
    assert {name: answer["data"].pop(name) for name in ("total", "errors")} == {
        "total": 6,
        "errors": 3,
    }
    wrong = answer["data"].pop("wrong")  # ours: of what cannot be read, which and why
    assert wrong[0].startswith("'198.18.0.0/33': ")
    assert wrong[1:] == ["'nonsense' is no IPv4, IPv6 or MAC address"]
    assert answer["data"] == {}
    gone = ["198.18.0.1", "198.18.0.1", "10.1.0.0/16"]
    answer = agent.ask(command="delete-group-address", group="printers", data=gone)
    assert (answer["data"]["total"], answer["data"]["errors"]) == (3, 2)
    assert entries(agent, "printers") == 1


def test_case_order_comments_and_pipelining(agent: LonelyAgent) -> None:
    text = b"""// two requests, one after the other
        {"DATA": ["198.18.0.1" /* one */], "Group": "g", "COMMAND": "Add-Group-Address", "x": {}}
        {"command": "list-address-groups"}"""
    first, second = agent.say(text)
    assert first["data"] == {"total": 1, "errors": 0}
    assert [(g["name"], g["entries"]) for g in second["data"]] == [("g", 1)]


def test_sixty_four_clients_and_no_more(agent: LonelyAgent) -> None:
    clients = []
    try:
        for _ in range(65):
            client = socket.socket(socket.AF_UNIX)
            client.settimeout(5)
            client.connect(str(agent.socket))
            clients.append(client)
        assert json.loads(clients[-1].recv(4_096))["code"] == 500
        clients[10].sendall(b'{"command": "list-address-groups"}')
        assert json.loads(clients[10].recv(4_096))["code"] == 100
    finally:
        for client in clients:
            client.close()
    until(agent.answers, 5)


def test_a_request_of_more_than_sixteen_mebibytes_is_refused(agent: LonelyAgent) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(15)
        client.connect(str(agent.socket))
        piece = b'{"data": [' + b'"198.18.0.1",' * 100_000
        try:
            for _ in range(20):
                client.sendall(piece)
                piece = piece.removeprefix(b'{"data": [')
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            heard = client.recv(4_096)
        except ConnectionResetError:
            heard = b""
    assert not heard or json.loads(heard)["code"] == 501
    assert agent.answers()


def test_a_million_addresses_in_one_group(agent: LonelyAgent) -> None:
    for start in range(0, 1_000_000, 250_000):
        data = [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(start, start + 250_000)]
        answer = agent.ask(command="add-group-address", group="many", data=data)
        assert answer["data"] == {"total": 250_000, "errors": 0}
    assert entries(agent, "many") == 1_000_000
    found = agent.ask(command="lookup-group-address", data=["10.15.66.63", "10.15.66.64"])["data"]
    assert [bool(groups) for groups in found.values()] == [True, False]


def test_a_socket_that_a_dead_agent_left_is_taken_over(tmp_path: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "agent.sock"))
    left.close()
    other = LonelyAgent(tmp_path)
    other.start()
    try:
        other.ready()
        second = LonelyAgent(tmp_path, FOREPOST_NODE__STATE_DIR=str(tmp_path / "second"))
        second.log = tmp_path / "second.log"
        second.start()
        try:
            until(lambda: "another process listens there" in second.log.read_text(), 15)
            assert second.child is not None
            assert second.child.poll() is None  # it runs on, without the socket
            assert other.answers()
        finally:
            second.end()
    finally:
        assert other.stop() == 0
        other.end()
    assert not other.socket.exists()
