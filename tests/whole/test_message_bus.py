"""The bus of an agent that is killed again and again: what had its receipt is not lost."""

import json
import threading
from pathlib import Path

import pytest
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from forepost.agent.workloads.messages.io_message import IoMessage, decoded, encoded
from forepost.agent.workloads.messages.message_line import RECEIPT, framed, unframed
from tests.running import until
from tests.whole.test_local_api import LONG_SEC, Site

pytestmark = pytest.mark.timeout(240)
KILLS = 4
BETWEEN = 150
"""Receipts between two of them."""


class Publisher(threading.Thread):
    """Sends numbers, each again until it has its receipt."""

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self.url = f"ws://127.0.0.1:{site.port}/v2/message/socket/id/from"
        self.received = 0
        self.ends = threading.Event()

    def run(self) -> None:
        while not self.ends.is_set():
            try:
                with connect(self.url, proxy=None) as line:
                    while not self.ends.is_set():
                        message = IoMessage(contentdata=b"%d" % self.received)
                        line.send(framed(encoded(message)))
                        receipt = line.recv(20)
                        assert isinstance(receipt, bytes)
                        assert receipt[:1] == RECEIPT
                        self.received += 1
            except (OSError, WebSocketException):
                self.ends.wait(0.05)  # it is killed, or begins


class Receiver(threading.Thread):
    """Takes messages, and acknowledges each."""

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self.url = f"ws://127.0.0.1:{site.port}/v2/message/socket/id/to"
        self.has: list[int] = []
        self.ends = threading.Event()

    def run(self) -> None:
        while not self.ends.is_set():
            try:
                with connect(self.url, proxy=None) as line:
                    for frame in line:
                        assert isinstance(frame, bytes)
                        self.has.append(int(decoded(unframed(frame)).contentdata))
                        line.send(b"\x0b")
            except (OSError, WebSocketException):
                self.ends.wait(0.05)


def test_over_kills(tmp_path: Path) -> None:
    site = Site(tmp_path)
    for uuid, routes in (("from", ["to"]), ("to", [])):
        wanted = {"uuid": uuid, "cmd": ["sleep", "600"], "user": "nobody", "routes": routes}
        (site.manifests / f"{uuid}.json").write_text(json.dumps(wanted))
    site.agent.start()
    publisher, receiver = Publisher(site), Receiver(site)
    try:
        site.until("running-microservices", "2")
        publisher.start()
        receiver.start()
        for kill in range(1, KILLS + 1):
            until(
                lambda kill=kill: publisher.received >= kill * BETWEEN,
                LONG_SEC,
                site.agent.log.read_text,
            )
            site.agent.kill()
            site.agent.start()
        until(
            lambda: publisher.received >= (KILLS + 1) * BETWEEN, LONG_SEC, site.agent.log.read_text
        )
        publisher.ends.set()
        publisher.join(LONG_SEC)
        last = publisher.received - 1
        until(lambda: last in receiver.has, LONG_SEC, lambda: f"{last}: {receiver.has[-50:]}")
        assert sorted(set(receiver.has) & set(range(last + 1))) == list(range(last + 1))
    finally:
        publisher.ends.set()
        receiver.ends.set()
        site.agent.end()
