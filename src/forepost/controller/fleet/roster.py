"""Agents in RAM: who they are, when they were heard from, and who is connected now."""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

import msgspec

from forepost.controller.access.tokens import psk_matches
from forepost.controller.fleet.daily_bytes import DailyBytes
from forepost.controller.fleet.store import Agents, Enrolled
from forepost.controller.fleet.twins import Twins
from forepost.kit.clock import Clock
from forepost.wire.jobs.delivery import JobHost
from forepost.wire.local.status import AgentSpool, SpoolStatus
from forepost.wire.rest.bodies import IdentityConflict
from forepost.wire.uplink.clock import AgentClock, ClockReading

FLUSH_SEC: Final = 30.0
SKEWED_MS: Final = 1_000.0
"""An agent's clock that is wrong by so much for certain is shown as such."""

MISSING = "unauthorized: missing X-Workspace-ID, X-Agent-ID, or X-Agent-PSK headers"
BAD_WORKSPACE = "unauthorized: invalid workspace id"
BAD_AGENT = "unauthorized: invalid agent id"
BAD_PSK = "unauthorized: invalid psk"
DELETED = "agent_deleted: agent has been removed from workspace"
"""The agent searches these texts for words; they are NetWatcher's, literally."""


_log = logging.getLogger(__name__)


class Stranger(Exception):
    """Credentials that are no agent's; the text is one of the above."""


class Connection(Protocol):
    """A live WebSocket of one agent."""

    address: str
    """Where it comes from."""

    def due(self, name: str) -> None:
        """Something is new of a document or a talk by this name. Never waits."""
        ...

    def hung_up(self) -> None:
        """Nothing more is taken from it, from this moment on."""
        ...

    def deactivated(self, reason: str) -> None:
        """The agent is removed: it is told so, and nothing more is taken from it."""
        ...


class AgentCredentials(msgspec.Struct, frozen=True):
    """The three headers, as they came."""

    workspace_id: str
    agent_id: str
    psk: str


class Roster:
    def __init__(self, agents: Agents, clock: Clock, most_bytes: int = 0) -> None:
        """`most_bytes`: of one agent and day; 0: no limit."""
        self._agents, self._clock = agents, clock
        self._bytes = DailyBytes(most_bytes)
        self._enrolled: dict[int, Enrolled] = {}
        self._of_workspace: dict[int, set[int]] = {}
        self._seen: dict[int, datetime] = {}
        self._unsaved: set[int] = set()
        self._live: dict[int, Connection] = {}
        self._since: dict[int, datetime] = {}
        """When each of these connected."""
        self._forgotten = 0
        self._clocks: dict[int, AgentClock] = {}
        self._spools: dict[int, AgentSpool] = {}
        self._hosts: dict[int, JobHost] = {}
        self._told: dict[int, tuple[str, frozenset[str]]] = {}
        self._twins = Twins()
        self.version_followers: list[Callable[[int, int, str, str], None]] = []
        """Called with workspace, agent, and its version before and now."""
        self.gone_followers: list[Callable[[int], None]] = []
        """Called with an agent that was deleted."""
        self.left_followers: list[Callable[[int], None]] = []
        """Called with an agent that is not connected any more."""
        self.refused = 0
        """Results refused since the start."""

    async def admit(self, credentials: AgentCredentials, *, is_heard: bool = True) -> Enrolled:
        """Who these credentials are. Raises Stranger. Not `is_heard`: the agent is not here."""
        if not (credentials.workspace_id and credentials.agent_id and credentials.psk):
            raise Stranger(MISSING)
        if not _is_number(credentials.workspace_id):
            raise Stranger(BAD_WORKSPACE)
        if not _is_number(credentials.agent_id):
            raise Stranger(BAD_AGENT)
        agent_id = int(credentials.agent_id)
        known, at_first = self._enrolled.get(agent_id), -1
        while known is None and at_first != self._forgotten:
            # What changes while it is looked up may be read as it was before.
            at_first = self._forgotten
            known = await self._agents.enrolled(agent_id)
            if at_first != self._forgotten:
                known = None
        if known is None or known.workspace_id != int(credentials.workspace_id):
            raise Stranger(BAD_PSK)
        if known.deleted:
            raise Stranger(DELETED)
        if not psk_matches(credentials.psk, known.psk_sha256):
            raise Stranger(BAD_PSK)
        self._enrolled[agent_id] = known
        self._of_workspace.setdefault(known.workspace_id, set()).add(agent_id)
        before = self._seen.get(agent_id, known.last_seen_at)
        if is_heard:
            self.heard_from(agent_id)
        return msgspec.structs.replace(known, last_seen_at=before)

    async def load(self) -> None:
        """All at once at the start: a fleet that reconnects would ask one by one."""
        self._enrolled = await self._agents.all_enrolled()
        for agent_id, known in self._enrolled.items():
            self._of_workspace.setdefault(known.workspace_id, set()).add(agent_id)
        self._told = {a: (one.psk_sha256, one.capabilities) for a, one in self._enrolled.items()}

    async def version_is(self, agent_id: int, version: str) -> None:
        known = self._enrolled.get(agent_id)
        if known is not None and known.version != version:
            self._enrolled[agent_id] = msgspec.structs.replace(known, version=version)
            await self._agents.set_version(agent_id, version)
            for changed in self.version_followers if known.version else ():
                changed(known.workspace_id, agent_id, known.version, version)

    async def capabilities_are(self, agent_id: int, capabilities: frozenset[str]) -> bool:
        """Keep what an agent of ours can do. True where that, or its PSK, is other than before, so
        that what others share with it is too.
        """
        known = self._enrolled.get(agent_id)
        if known is None:
            return False
        if known.capabilities != capabilities:
            self._enrolled[agent_id] = msgspec.structs.replace(known, capabilities=capabilities)
            await self._agents.set_capabilities(agent_id, capabilities)
        now = known.psk_sha256, capabilities
        before, self._told[agent_id] = self._told.get(agent_id), now
        return before != now

    def able(self, agent_id: int, capability: str) -> bool:
        known = self._enrolled.get(agent_id)
        return known is not None and capability in known.capabilities

    def known(self, agent_id: int) -> Enrolled | None:
        """None: it was never here, or is deleted."""
        known = self._enrolled.get(agent_id)
        return known if known is not None and not known.deleted else None

    def key_of(self, agent_id: int) -> str:
        """What only the agent and this controller know; "" while it is not enrolled."""
        known = self.known(agent_id)
        return known.psk_sha256 if known is not None else ""

    def forget(self, agent_id: int) -> None:
        """Its PSK or workspace changed, and that is committed."""
        self._forgotten += 1
        known = self._enrolled.pop(agent_id, None)
        if known is not None:
            self._of_workspace[known.workspace_id].discard(agent_id)
        self._clocks.pop(agent_id, None)
        self._twins.forget(agent_id)

    def started(self, agent_id: int, boot: int, address: str) -> None:
        """An agent of ours says which start of it this is."""
        now, now_sec = self._clock.now(), self._clock.monotonic()
        self._say_two(agent_id, self._twins.hello(agent_id, boot, address, now, now_sec))

    def conflict_of(self, agent_id: int) -> IdentityConflict | None:
        """Not None while two hosts have its key."""
        return self._twins.of(agent_id, self._clock.monotonic())

    def hang_up(self, agent_id: int) -> None:
        """Its PSK changed, and that is committed: what was opened with the old one ends."""
        self.forget(agent_id)
        self.tell(agent_id, lambda connection: connection.hung_up())

    def gone(self, agent_id: int) -> None:
        """It was deleted, and that is committed."""
        self._hosts.pop(agent_id, None)
        for gone in self.gone_followers:
            gone(agent_id)
        self.forget(agent_id)
        self.tell(agent_id, lambda connection: connection.deactivated("deleted"))

    def workspace_gone(self, workspace_id: int) -> None:
        for agent_id in self.agents_of(workspace_id):
            self.gone(agent_id)

    def heard_from(self, agent_id: int, size: int = 0) -> datetime:
        """Note that an agent said so many bytes. One that has said too much today is hung up."""
        now = self._clock.now()
        self._seen[agent_id] = now
        self._unsaved.add(agent_id)
        if not self._bytes.take(agent_id, size, now):
            self.tell(agent_id, lambda connection: connection.hung_up())
        return now

    def check_bytes(self, agent_id: int) -> None:
        """Raises Stranger where an agent has said too much today."""
        if why := self._bytes.why_not(agent_id, self._clock.now()):
            raise Stranger(why)

    def bytes_today(self, agent_id: int) -> int:
        return self._bytes.sent(agent_id, self._clock.now())

    def last_seen(self, agent_id: int) -> datetime | None:
        """What is known here; None: ask the store."""
        return self._seen.get(agent_id)

    def clock_is(self, agent_id: int, reading: ClockReading) -> None:
        """What our own agent says of its clock, at every connect and every few minutes."""
        self._clocks[agent_id] = agent_clock(reading, self._clock.now())

    def clock_of(self, agent_id: int) -> AgentClock | None:
        """None for an agent that has not said since this controller started."""
        return self._clocks.get(agent_id)

    def spool_is(self, agent_id: int, status: SpoolStatus) -> None:
        """What our own agent says of its spool, at every connect and while there is a backlog."""
        told = msgspec.structs.asdict(status) | {"told_at": self._clock.now()}
        self._spools[agent_id] = AgentSpool(**told)

    def spool_of(self, agent_id: int) -> AgentSpool | None:
        """None for an agent that is not connected, or has not said."""
        return self._spools.get(agent_id)

    def host_is(self, agent_id: int, host: JobHost) -> None:
        """What our own agent said last of itself as a host of jobs."""
        self._hosts[agent_id] = host

    def host_of(self, agent_id: int) -> JobHost | None:
        """None for an agent that has never said."""
        return self._hosts.get(agent_id)

    async def flush(self) -> None:
        times = {agent_id: self._seen[agent_id] for agent_id in self._unsaved}
        self._unsaved.clear()
        await self._agents.seen(times)

    async def run(self) -> None:
        """Keep what is known about last evidence, every 30 s."""
        while True:
            await self._clock.sleep(FLUSH_SEC)
            await self.flush()

    def connected(self, agent: Enrolled, connection: Connection) -> None:
        """One live connection for an agent: an earlier one is closed. So is this one, where the PSK
        that it was opened with ended meanwhile.
        """
        now = self._enrolled.get(agent.agent_id)
        if now is None or now.deleted or now.psk_sha256 != agent.psk_sha256:
            connection.hung_up()
            return
        earlier = self._live.get(agent.agent_id)
        self._live[agent.agent_id] = connection
        self._since[agent.agent_id] = self._clock.now()
        if earlier is not None:
            at, at_sec = self._clock.now(), self._clock.monotonic()
            peers = earlier.address, connection.address
            twins = self._twins.replaced(agent.agent_id, *peers, at, at_sec)
            self._say_two(agent.agent_id, twins)
            earlier.hung_up()

    def disconnected(self, agent_id: int, connection: Connection) -> None:
        if self._live.get(agent_id) is connection:
            del self._live[agent_id]
            self._since.pop(agent_id, None)
            self._spools.pop(agent_id, None)
            for left in self.left_followers:
                left(agent_id)

    def _say_two(self, agent_id: int, conflict: IdentityConflict | None) -> None:
        if conflict is not None:
            _log.warning(
                "agent %d: two hosts have its key, %s: a copy of a machine? Give each a key of its"
                " own, and this agent a new PIN",
                agent_id,
                " and ".join(conflict.addresses),
            )

    def connections(self) -> list[tuple[int, str, datetime]]:
        """Of each agent that is connected: its id, its address, and since when it is."""
        return [(one, line.address, self._since[one]) for one, line in self._live.items()]

    @property
    def live(self) -> int:
        return len(self._live)

    def tell(self, agent_id: int, what: Callable[[Connection], None]) -> None:
        """Say something to an agent if it is connected; if not, it will ask when it is."""
        connection = self._live.get(agent_id)
        if connection is not None:
            what(connection)

    def due(self, agent_id: int, name: str) -> None:
        """Have an agent given what is new of a document or a talk; see `Connection.due`."""
        self.tell(agent_id, lambda connection: connection.due(name))

    def due_in(self, workspace_id: int, name: str) -> None:
        """The same for all agents of a workspace."""
        for agent_id in self.agents_of(workspace_id):
            self.due(agent_id, name)

    def agents_of(self, workspace_id: int) -> list[int]:
        """Those that have been here, in order."""
        ids = self._of_workspace.get(workspace_id, set())
        return sorted(agent_id for agent_id in ids if not self._enrolled[agent_id].deleted)

    def address_of(self, agent_id: int) -> str:
        """Where its connection comes from; "" where it has none."""
        connection = self._live.get(agent_id)
        return "" if connection is None else connection.address

    def is_live(self, agent_id: int) -> bool:
        return agent_id in self._live


def agent_clock(reading: ClockReading, now: datetime) -> AgentClock:
    certain_ms = abs(reading.offset_ms or 0) - (reading.bound_ms or 0)
    return AgentClock(
        **msgspec.structs.asdict(reading), skewed=certain_ms >= SKEWED_MS, told_at=now
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
