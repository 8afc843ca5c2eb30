"""The relay: TLS between two agents through the controller, who may use it, and how much."""

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
import trustme
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from forepost.controller.jobs.relay import ByteRate, Relay, RelayBounds, RelayEnd, RelayKey
from forepost.wire.jobs import relay as wire
from tests.controller.jobs.ours import JobsAgent, deviceid_of, jobs_agent
from tests.controller.jobs.test_folders import folder, on, peers
from tests.controller.jobs.test_job_talk import figure
from tests.controller.jobs.test_kept_runs import LONG_SEC, JobSite
from tests.fakes.clock import FakeClock
from tests.running import ControllerProcess, NewAgent, Person, until

pytestmark = pytest.mark.timeout(240)


def relayed(
    controller: ControllerProcess, agent: NewAgent, uid: str, peer: str, me: str = ""
) -> ClientConnection:
    query = f"?run={uid}&me={me or deviceid_of(agent.id)}&peer={peer}"
    url = controller.ws + wire.PATH + query
    return connect(url, additional_headers=agent.headers, proxy=None, compression=None)


class TlsSide:
    """TLS whose records go into binary frames."""

    def __init__(self, socket: ClientConnection, context: ssl.SSLContext, name: str = "") -> None:
        self.socket = socket
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(
            self._in, self._out, server_side=not name, server_hostname=name or None
        )

    def flush(self) -> None:
        if data := self._out.read():
            self.socket.send(data)

    def step(self, what: Any, *args: Any) -> Any:
        """None: it waits for bytes of the other."""
        try:
            return what(*args)
        except ssl.SSLWantReadError:
            return None
        finally:
            self.flush()

    def feed(self) -> None:
        data = self.socket.recv(LONG_SEC)
        assert isinstance(data, bytes)
        self._in.write(data)

    def read(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            piece = self.step(self.tls.read, size - len(found))
            if piece is None:
                self.feed()
            else:
                found += piece
        return found


def shake_hands(server: TlsSide, client: TlsSide) -> None:
    done = {"server": False, "client": False}
    sides = {"server": server, "client": client}
    client.step(client.tls.do_handshake)
    turn = "server"
    while not all(done.values()):
        side = sides[turn]
        if not done[turn]:
            side.feed()
            try:
                side.tls.do_handshake()
                done[turn] = True
            except ssl.SSLWantReadError:
                pass
            side.flush()
        turn = "client" if turn == "server" else "server"


@pytest.fixture
def pair(
    controller: ControllerProcess, person: Person
) -> Iterator[tuple[JobSite, JobsAgent, JobsAgent, str, Any]]:
    """Two agents with a folder, as their documents say."""
    site = JobSite(person, 3)
    first, second, _ = site.agents
    with jobs_agent(controller, first) as one, jobs_agent(controller, second) as two:
        made = folder(site, agents=on(first, second))
        [found] = person.call("GET", f"{site.base}/runs?job_id={made['id']}")["data"]
        for ours in (one, two):
            ours.takes_until(lambda _, ours=ours: len(peers(ours, found["id"])) == 1)
        yield site, one, two, made["uid"], made


def test_tls_of_two_agents_passes_and_ends_with_the_membership(
    controller: ControllerProcess, pair: Any, tmp_path: Path
) -> None:
    site, one, two, uid, made = pair
    authority = trustme.CA()
    leaf = authority.issue_cert("agent.example")
    (tmp_path / "leaf.pem").write_bytes(
        leaf.private_key_pem.bytes() + leaf.cert_chain_pems[0].bytes()
    )
    as_server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    as_server.load_cert_chain(tmp_path / "leaf.pem")
    as_client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(as_client)
    with (
        relayed(controller, one.agent, uid, two.deviceid) as a,
        relayed(controller, two.agent, uid, one.deviceid) as b,
    ):
        server, client = TlsSide(a, as_server), TlsSide(b, as_client, "agent.example")
        shake_hands(server, client)
        assert client.tls.version() == "TLSv1.3"
        assert figure(controller, "forepost_relay_pairs") == 1
        whole = bytes(range(256)) * 4_096
        for at in range(0, len(whole), 65_536):
            client.tls.write(whole[at : at + 65_536])
            client.flush()
        assert server.read(len(whole)) == whole
        server.tls.write(b"thanks")
        server.flush()
        assert client.read(6) == b"thanks"
        assert figure(controller, "forepost_relay_bytes_total") > len(whole)
        members = {"agents": on(one.agent)}
        site.person.call("PATCH", f"{site.base}/jobs/{made['id']}", members)
        assert {code_of(a), code_of(b)} == {wire.NO_NEIGHBOURS}
    until(lambda: figure(controller, "forepost_relay_pairs") == 0, LONG_SEC)


def code_of(socket: ClientConnection) -> int:
    """Of the end, whatever comes before it."""
    try:
        while True:
            socket.recv(LONG_SEC)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd is not None else 0


def test_nobody_else_is_relayed(controller: ControllerProcess, pair: Any) -> None:
    site, one, two, uid, _ = pair
    stranger = site.agents[2]
    with jobs_agent(controller, stranger, has=None):
        path = f"{site.base}/agents/{stranger.id}"
        until(lambda: site.person.call("GET", path)["deviceid"], LONG_SEC)
        for agent, run, peer, me in (
            (stranger, uid, one.deviceid, ""),  # no member
            (stranger, uid, one.deviceid, two.deviceid),  # a name that is another's
            (one.agent, uid, deviceid_of(stranger.id), ""),  # no neighbour
            (one.agent, "ab" * 16, two.deviceid, ""),  # no run
            (one.agent, uid, "x" * 1_000, ""),
            (one.agent, uid, one.deviceid, ""),
        ):
            with relayed(controller, agent, run, peer, me) as socket:
                assert code_of(socket) == wire.NO_NEIGHBOURS, (run, peer, me)
    url = controller.ws + wire.PATH
    nobody: dict[str, str] = {}
    for headers in (nobody, one.agent.headers | {"X-Agent-PSK": "wrong"}):
        with pytest.raises(InvalidStatus) as refused:
            connect(url, additional_headers=headers, proxy=None)
        assert refused.value.response.status_code == 403


def test_one_that_leaves_or_comes_again_ends_the_pair(
    controller: ControllerProcess, pair: Any
) -> None:
    _, one, two, uid, _ = pair
    with (
        relayed(controller, one.agent, uid, two.deviceid) as first,
        relayed(controller, two.agent, uid, one.deviceid) as other,
    ):
        first.send(b"x")
        assert other.recv(LONG_SEC) == b"x"
        with relayed(controller, one.agent, uid, two.deviceid) as again:
            assert code_of(first) == code_of(other) == wire.ANEW
            with relayed(controller, two.agent, uid, one.deviceid) as other_again:
                again.send(b"x")
                assert other_again.recv(LONG_SEC) == b"x"
            assert code_of(again) == wire.NOBODY
    with (
        relayed(controller, one.agent, uid, two.deviceid) as a,
        relayed(controller, two.agent, uid, one.deviceid) as b,
    ):
        a.send("a text")
        assert code_of(b) == wire.NO_BYTES


BOUNDS = RelayBounds(pairs=2, pair_bytes_per_sec=100, all_bytes_per_sec=1_000, idle_sec=60)


async def nowhere(_: bytes) -> None:
    """Takes whatever comes."""


@pytest.mark.anyio
async def test_no_more_pairs_and_bytes_than_may_be() -> None:
    clock = FakeClock()
    relay = Relay(BOUNDS, clock)
    first = relay.join(RelayKey.of("r", "a", "b"), "a", 1, nowhere)
    assert relay.pairs == 0
    assert relay.join(RelayKey.of("r", "b", "a"), "b", 2, nowhere) is first
    relay.join(RelayKey.of("r", "a", "c"), "a", 1, nowhere)
    with pytest.raises(RelayEnd) as full:
        relay.join(RelayKey.of("r", "a", "d"), "a", 1, nowhere)
    assert full.value.code == wire.FULL
    relay.check_idle(first)
    assert not first.over.is_set()
    await relay.pass_on(first, "a", bytes(10))
    await clock.advance(61)
    relay.check_idle(first)
    assert first.end.code == wire.IDLE
    relay.leave(RelayKey.of("r", "a", "b"), first)
    relay.join(RelayKey.of("r", "a", "d"), "a", 1, nowhere)


@pytest.mark.anyio
async def test_bytes_beyond_the_rate_wait() -> None:
    clock, passed = FakeClock(), [0]
    rate = ByteRate(1_000, clock)

    async def pump() -> None:
        while True:
            await rate.take(100)
            passed[0] += 100

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(pump)
        await clock.advance(0.01)
        assert passed[0] <= 300, "a burst passes at once"
        await clock.advance(10)
        assert 9_800 <= passed[0] <= 10_400
        tasks.cancel_scope.cancel()
