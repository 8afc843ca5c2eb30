"""A thousand agents in one process: each sends a result, waits until it is kept, sends the next.

A WebSocket client of a few lines on asyncio transports, so that the generator costs little beside
the controller that it measures. Frames are masked with a key of zeros, which is a legal key.
"""

import asyncio
import json
import struct
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

import psutil
import uvloop


@dataclass
class Tally:
    acked: int = 0
    errors: list[str] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)
    running: bool = True
    counting: bool = False


def frame(text: bytes) -> bytes:
    size = len(text)
    if size < 126:
        return struct.pack("!BB4x", 0x81, 0x80 | size) + text
    if size < 65536:
        return struct.pack("!BBH4x", 0x81, 0xFE, size) + text
    return struct.pack("!BBQ4x", 0x81, 0xFF, size) + text


class Agent(asyncio.Protocol):
    """`batch` results a message: 1 speaks NetWatcher's namespace, more our own."""

    def __init__(self, who: dict[str, Any], tally: Tally, batch: int, payload: str) -> None:
        self.who, self.tally, self.batch, self.payload = who, tally, batch, payload
        self.buffer = b""
        self.upgraded = False
        self.seq = 0
        self.sent_at = 0.0
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        who = self.who
        transport.write(
            f"GET /ws HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: LgZlIL7JQRkws1o6ZifnCQ==\r\n"
            f"X-Workspace-ID: {who['workspace']}\r\nX-Agent-ID: {who['agent']}\r\n"
            f"X-Agent-PSK: {who['psk']}\r\n\r\n".encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        if self.tally.running:
            self.tally.errors.append(f"connection lost: {exc}")
        if not self.ready.done():
            self.ready.set_result(None)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.upgraded:
            self.upgrade()
        if self.upgraded:
            self.frames()

    def upgrade(self) -> None:
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        if found and b" 101 " in head:
            self.upgraded, self.buffer = True, rest
            self.transport.write(frame(b"M"))
        elif found:
            self.tally.errors.append(head.decode())

    def frames(self) -> None:
        while len(self.buffer) >= 2:
            opcode, size = self.buffer[0] & 15, self.buffer[1] & 127
            start = 2
            if size == 126:
                if len(self.buffer) < 4:
                    return
                (size,), start = struct.unpack_from("!H", self.buffer, 2), 4
            elif size == 127:
                if len(self.buffer) < 10:
                    return
                (size,), start = struct.unpack_from("!Q", self.buffer, 2), 10
            if len(self.buffer) < start + size:
                return
            text = self.buffer[start : start + size]
            self.buffer = self.buffer[start + size :]
            if opcode == 9:
                self.transport.write(struct.pack("!BB4x", 0x8A, 0x80 | len(text)) + text)
            elif opcode == 1:
                self.message(text)

    def message(self, text: bytes) -> None:
        namespace = b"agent" if self.batch == 1 else b"forepost"
        if text.startswith(b"A"):
            self.transport.write(frame(b"$1;" + namespace + b";;_OnNamespaceConnect;0;0;"))
        elif text.startswith(b"$1;"):
            self.ready.set_result(None)
        elif text.startswith((b";agent;;probe_post_ok", b";forepost;;report_ok")):
            now = time.perf_counter()
            if self.tally.counting:
                self.tally.acked += self.batch
                self.tally.latencies_ms.append(1e3 * (now - self.sent_at))
            if self.tally.running:
                self.post()
            elif not self.ready.done():
                self.ready.set_result(None)
        elif b";1;0;" in text[:60]:
            self.tally.errors.append(text.decode())

    def post(self) -> None:
        self.sent_at = time.perf_counter()
        results = []
        for _ in range(self.batch):
            self.seq += 1
            at = datetime.fromtimestamp(time.time(), UTC).isoformat()
            results.append(
                f'{{"probe_id":{self.who["probe"]},"triggered":false,"triggered_reason":"",'
                f'"created_at":"{at}","type":"PING","payload":{self.payload},'
                f'"target":"198.18.0.1"}}'
            )
        if self.batch == 1:
            self.transport.write(frame(b";agent;;probe_post;0;0;" + results[0].encode()))
            return
        first = self.seq - self.batch + 1
        numbered = ",".join(f'{{"seq":{first + n},"post":{r}}}' for n, r in enumerate(results))
        body = f'{{"boot":{self.who["agent"]},"results":[{numbered}]}}'
        self.transport.write(frame(b";forepost;;report;0;0;" + body.encode()))


async def run(config: dict[str, Any]) -> dict[str, Any]:
    tally = Tally()
    loop = asyncio.get_running_loop()
    agents: list[Agent] = []
    for start in range(0, len(config["agents"]), 50):
        made = await asyncio.gather(
            *(
                loop.create_connection(
                    partial(Agent, who, tally, config["batch"], config["payload"]),
                    "127.0.0.1",
                    config["port"],
                )
                for who in config["agents"][start : start + 50]
            )
        )
        agents += [agent for _, agent in made]
        await asyncio.gather(*(agent.ready for _, agent in made))
    for agent in agents:
        agent.post()
    await asyncio.sleep(config["warm_up_sec"])
    tally.counting = True
    server = psutil.Process(config["pid"])
    started, before = time.perf_counter(), server.cpu_times()
    await asyncio.sleep(config["seconds"])
    tally.counting = False
    elapsed, after = time.perf_counter() - started, server.cpu_times()
    cpu_s = after.user + after.system - before.user - before.system
    tally.running = False
    for agent in agents:
        agent.ready = loop.create_future()
    await asyncio.wait_for(asyncio.gather(*(agent.ready for agent in agents)), 30)
    for agent in agents:
        agent.transport.close()
    found = sorted(tally.latencies_ms)
    return {
        "posted": sum(agent.seq for agent in agents),
        "acked": tally.acked,
        "per_second": tally.acked / elapsed,
        "cpu_us": 1e6 * cpu_s / tally.acked,
        "cores": cpu_s / elapsed,
        "p50_ms": found[len(found) // 2] if found else 0,
        "p99_ms": found[int(len(found) * 0.99)] if found else 0,
        "errors": tally.errors[:3],
    }


if __name__ == "__main__":
    print(json.dumps(uvloop.run(run(json.load(sys.stdin)))))
