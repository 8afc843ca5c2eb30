"""Which agents a line measures towards: what maintenance of a site silences elsewhere."""

from collections.abc import Callable, Collection, Sequence
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import select

from forepost.controller.alerts.metrics import Line
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.fleet import agents
from forepost.kit.one_target import one_target

AddressesOf = Callable[[int], tuple[str, Sequence[str]]]
"""Agent id -> its public address, and its own ones, with or without prefix length."""


class AgentPlaces(msgspec.Struct, frozen=True):
    """Where the agents of one workspace are."""

    public: dict[str, set[int]]
    """Address or name -> agents."""
    own: dict[str, set[int]]
    """Behind a router: many sites may use the same ones."""

    def at(self, host: str, seen_from: str) -> set[int]:
        """The agents at a host. `seen_from`: the public address of whoever measures; only who is
        behind the same one means an agent by its own address.
        """
        here = self.public.get(seen_from, set()) if seen_from else set()
        return self.public.get(host, set()) | (self.own.get(host, set()) & here)


NOWHERE = AgentPlaces({}, {})


class AgentAims:
    """Knows the places of the workspaces that it was asked to know, as of the last look."""

    def __init__(self, db: Database, addresses_of: AddressesOf) -> None:
        self._db, self._addresses_of = db, addresses_of
        self._places: dict[int, AgentPlaces] = {}

    async def look(self, workspace_ids: Collection[int]) -> None:
        self._places = {one: await self._look_at(one) for one in workspace_ids}

    def of(self, workspace_id: int, line: Line, target_agent: int) -> Collection[int]:
        """See `windows.Aims`."""
        found = {target_agent} if target_agent else set()
        places, (_, agent_id, _, target) = self._places.get(workspace_id, NOWHERE), line
        if target:
            public = _plain(self._addresses_of(agent_id)[0])
            found |= places.at(host_of(target), public) - {agent_id}
        return found

    async def _look_at(self, workspace_id: int) -> AgentPlaces:
        query = select(agents.c.id, agents.c.public_ip_override).where(
            agents.c.workspace_id == workspace_id, agents.c.deleted_at.is_(None)
        )
        async with self._db.read() as connection:
            rows = (await connection.execute(query)).all()
        places = AgentPlaces({}, {})
        for agent_id, override in rows:
            public, own = self._addresses_of(agent_id)
            for text in (override, public):
                if text:
                    places.public.setdefault(_plain(text), set()).add(agent_id)
            for text in own:
                places.own.setdefault(_plain(text), set()).add(agent_id)
        return places


def host_of(target: str) -> str:
    """The host in a target: an address, a name, host:port, [address]:port or a URL."""
    text = target.strip()
    if "://" in text:
        try:
            text = urlsplit(text).hostname or ""
        except ValueError:
            return ""
    elif text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    return _plain(text)


def _plain(text: str) -> str:
    """One spelling for an address, with or without prefix length, or a name."""
    return one_target(text.partition("/")[0])
