"""Messages over HTTP and sockets, as SDKs send and take them."""

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from forepost.agent.workloads.messages.io_message import IoMessage, decoded, encoded
from forepost.agent.workloads.messages.message_line import framed, unframed
from tests.fakes.local_api import Heard, LocalApiSite

MESSAGE = {
    "publisher": "a",
    "version": 4,
    "infotype": "text",
    "infoformat": "utf-8",
    "contentdata": base64.b64encode(b"hello").decode(),
    "contextdata": None,
    "tag": "t",
}
MISSING = "Validation Error, Error: Missing input field "
QUERY = {"id": "x", "timeframestart": 0, "timeframeend": 2**53, "publishers": ["a"]}


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[LocalApiSite]:
    site = LocalApiSite(tmp_path)
    site.microservices.configs = dict.fromkeys("axy", "{}")
    site.microservices.routes = {"a": ["x", "y"], "x": ["x"]}
    with site.running() as found:
        yield found


def new(site: LocalApiSite, **fields: Any) -> Heard:
    return site.ask("POST", "/v2/messages/new", MESSAGE | fields)


def taken(site: LocalApiSite, uuid: str) -> list[bytes]:
    heard = site.ask("POST", "/v2/messages/next", {"id": uuid})
    assert heard.status == 200
    assert heard.body["count"] == len(heard.body["messages"])
    return [base64.b64decode(one["contentdata"]) for one in heard.body["messages"]]


def opened(site: LocalApiSite, uuid: str) -> ClientConnection:
    url = f"ws://127.0.0.1:{site.port}/v2/message/socket/id/{uuid}"
    line: ClientConnection = connect(url, proxy=None, max_size=None)
    return line


def got(line: ClientConnection) -> IoMessage:
    frame = line.recv(20)
    assert isinstance(frame, bytes)
    return decoded(unframed(frame))


def test_a_message_from_one_to_others(bus: LocalApiSite) -> None:
    heard = new(bus)
    assert heard.status == 200
    assert set(heard.body) == {"status", "timestamp", "id"}
    assert len(heard.body["id"]) == 32
    answer = bus.ask("POST", "/v2/messages/next", {"id": "x"}).body
    assert (answer["status"], answer["count"]) == ("okay", 1)
    [message] = answer["messages"]
    assert len(message) == 20
    assert (message["id"], message["timestamp"]) == (heard.body["id"], heard.body["timestamp"])
    assert (message["version"], message["tag"], message["contextdata"]) == (4, "t", "")
    assert taken(bus, "x") == []
    assert taken(bus, "y") == [b"hello"]
    assert taken(bus, "nobody") == []
    status = bus.ask("GET", "/v2/status", token=bus.token).body
    assert status["messages-processed"] == "about 1"


def test_messages_outlive_the_agent(tmp_path: Path) -> None:
    for expected in ([], [b"hello", b"hello"]):
        site = LocalApiSite(tmp_path)
        site.microservices.configs = dict.fromkeys("ax", "{}")
        site.microservices.routes = {"a": ["x"]}
        with site.running():
            assert taken(site, "x") == expected
            new(site)
            new(site)


def test_a_query(bus: LocalApiSite) -> None:
    times = [new(bus).body["timestamp"] for _ in range(3)]
    taken(bus, "x")
    heard = bus.ask("POST", "/v2/messages/query", QUERY)
    assert heard.status == 200
    assert heard.body["count"] == 3
    assert (heard.body["timeframestart"], heard.body["timeframeend"]) == (0, times[-1])
    heard = bus.ask("POST", "/v2/messages/query", QUERY | {"publishers": ["y", "nobody"]})
    assert (heard.body["count"], heard.body["timeframeend"]) == (0, 2**53)


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("new", {}, f"{MISSING}publisher"),
        ("new", {"publisher": "a"}, f"{MISSING}version"),
        ("new", MESSAGE | {"contentdata": "*"}, "Message Parsing Error, contentdata: not base64"),
        ("new", b"{", "Incorrect content/data"),
        ("new", MESSAGE | {"publisher": "nobody"}, "publisher: there is no microservice nobody"),
        ("next", {}, "Incorrect content/data Id value not found"),
        ("next", {"id": 5}, "Incorrect content/data Id value not found"),
        ("query", {}, "Incorrect content/data Id value not found"),
        (
            "query",
            {"id": "x"},
            "Incorrect content/data Error: Missing input field timeframe start or end",
        ),
        (
            "query",
            QUERY | {"publishers": "a"},
            "Incorrect content/data Error: Missing input field publishers",
        ),
    ],
)
def test_refusals(bus: LocalApiSite, path: str, body: Any, reason: str) -> None:
    heard = bus.ask("POST", f"/v2/messages/{path}", body)
    assert (heard.status, heard.body) == (400, {"status": "failed", "errorMessage": reason})


def test_sockets_both_ways(bus: LocalApiSite) -> None:
    sent = IoMessage(publisher="somebody else", infotype="t", contentdata=b"binary")
    with opened(bus, "a") as a, opened(bus, "x") as x:
        x.ping().wait(20)
        assert taken(bus, "x") == [], "the socket gets them"
        for _ in range(3):
            a.send(framed(encoded(sent)))
            found = a.recv(20)
            assert isinstance(found, bytes)
            assert found[:3] == b"\x0e\x20\x08"
            assert len(found) == 3 + 32 + 8
            a.send(b"\x0b")
            message = got(x)
            assert (message.publisher, message.contentdata) == ("a", b"binary")
            assert message.id.encode() == found[3:35]
            x.send(b"\x0b")
        x.ping().wait(20)
    assert len(taken(bus, "y")) == 3
    assert taken(bus, "x") == []


def test_what_was_not_acknowledged_comes_again(bus: LocalApiSite) -> None:
    new(bus)
    with opened(bus, "x") as line:
        first = got(line)
    with opened(bus, "x") as line:
        assert got(line) == first
        line.send(b"\x0b")
        line.ping().wait(20)
    assert taken(bus, "x") == []


def test_the_newest_socket_is_the_one(bus: LocalApiSite) -> None:
    with opened(bus, "x") as older, opened(bus, "x") as newer:
        with pytest.raises(ConnectionClosed):
            older.recv(20)
        new(bus)
        assert got(newer).contentdata == b"hello"


@pytest.mark.parametrize("wrong", [b"\x0d", b"\x0d\x00\x00\x00\x01x", framed(b"\x00\x09")])
def test_what_is_no_message_ends_the_socket_without_a_receipt(
    bus: LocalApiSite, wrong: bytes
) -> None:
    with opened(bus, "a") as line:
        line.send(wrong)
        with pytest.raises(ConnectionClosed):
            line.recv(20)
        assert line.close_code == 1003
