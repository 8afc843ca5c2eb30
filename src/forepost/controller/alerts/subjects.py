"""Who and what an alert is about, with its names and what it depends on. SQL."""

from collections.abc import Collection, Iterable
from ipaddress import ip_address
from typing import Any, Final

import msgspec
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from forepost.controller.alerts.aims import host_of
from forepost.controller.alerts.metrics import NO_DATA, Line
from forepost.controller.alerts.place import AlertPlace, handle_of
from forepost.controller.db.tables.alerts import alert_parents
from forepost.controller.db.tables.fleet import agent_addresses, agents
from forepost.controller.db.tables.probes import probe_targets, probes
from forepost.wire.disclosure import public_target

_OF_AGENT: Final = (agents.c.id, agents.c.workspace_id, agents.c.name, agents.c.labels)
_OF_PROBE: Final = (probes.c.type, probes.c.labels, probes.c.metadata)
DEEPEST: Final = 8
"""How far parents of parents are followed."""
LONGEST_NAME: Final = 200
"""In words, of a label or a target: they may be as long as an agent or a member likes."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    probe_id: int | None = None
    agent_id: int | None = None
    type: str = ""
    name: str = ""
    """Of the probe: its label or metadata `name`, else its type and target."""
    target: str = ""
    agent_name: str = ""
    place: AlertPlace = AlertPlace()

    def sentence(self, text: str) -> str:
        """What is so, on what, seen from where."""
        on = f" on {self.name}" if self.name else ""
        if self.target and self.target not in self.name:
            on += f" ({_short(self.target)})"
        by = f" from {self.agent_name}" if self.agent_name else ""
        return f"{text}{on}{by}"


class Subjects:
    """Looks them up within one transaction; what it has read it does not read again."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection
        self._agents: dict[int, Any] = {}
        self._addresses: dict[int, dict[str, int]] = {}
        self._parents: dict[int, dict[str, list[str]]] = {}
        self._probes: dict[int, Any] = {}
        self._targets: dict[int, list[Any]] = {}

    async def prepare(self, probe_ids: Collection[int]) -> None:
        """Read these probes and their targets at once."""
        wanted = [probe_id for probe_id in probe_ids if probe_id and probe_id not in self._probes]
        if not wanted:
            return
        self._probes |= dict.fromkeys(wanted)
        self._targets |= {probe_id: [] for probe_id in wanted}
        query = select(probes.c.id, probes.c.workspace_id, *_OF_PROBE).where(
            probes.c.id.in_(wanted)
        )
        found = (await self._connection.execute(query)).all()
        self._probes |= {row.id: row for row in found}
        query_targets = (
            select(probe_targets.c.probe_id, probe_targets.c.target, probe_targets.c.agent_id)
            .where(probe_targets.c.probe_id.in_(wanted))
            .order_by(probe_targets.c.id)
        )
        for row in (await self._connection.execute(query_targets)).all():
            self._targets[row.probe_id].append(row)

    async def of(self, workspace_id: int, line: Line) -> Subject | None:
        """None: the probe or the agent is gone."""
        probe_id, agent_id, kind, target = line
        agent = await self._agent(workspace_id, agent_id) if agent_id else None
        if agent_id and agent is None:
            return None
        agent_name = "" if agent is None else agent.name
        if not probe_id:
            place = AlertPlace(
                reporter=agent_id,
                sites=_sites([agent]),
                parents=await self._above(workspace_id, [f"agent:{agent_id}"] if agent_id else []),
            )
            shown = "" if kind == NO_DATA else kind
            return Subject(
                agent_id=agent_id or None, type=shown, agent_name=agent_name, place=place
            )
        probe = await self._probe(workspace_id, probe_id)
        if probe is None:
            return None
        where, about = await self._target(workspace_id, probe_id, target)
        named = _named(probe.labels) or _named(probe.metadata)
        shown = probe.type if kind in ("", NO_DATA) else kind
        own = [f"probe:{probe_id}", *([f"agent:{about.id}"] if about is not None else [])]
        return Subject(
            probe_id=probe_id,
            agent_id=agent_id or None,
            type=shown,
            name=_short(named or f"{shown} {where}".strip()),
            target=where,
            agent_name=agent_name,
            place=AlertPlace(
                reporter=agent_id,
                about=0 if about is None else about.id,
                target=where,
                probe_id=probe_id,
                sites=_sites([probe, about]),
                home=next(iter(_sites([agent])), ""),
                parents=await self._above(workspace_id, own),
                is_gateway=agent is not None and where != "" and where == agent.gateway,
                is_named=_is_named(where),
            ),
        )

    async def labels(
        self, workspace_id: int, probe_id: int | None, agent_id: int | None
    ) -> dict[str, Any]:
        """Those of a probe, and of its agent those that the probe has none of."""
        agent = await self._agent(workspace_id, agent_id) if agent_id else None
        probe = await self._probe(workspace_id, probe_id) if probe_id else None
        return {
            name: value
            for row in (agent, probe)
            if row is not None and isinstance(row.labels, dict)
            for name, value in row.labels.items()
        }

    async def _probe(self, workspace_id: int, probe_id: int) -> Any:
        """Return its row; None: it is gone."""
        await self.prepare([probe_id])
        row = self._probes[probe_id]
        return row if row is not None and row.workspace_id == workspace_id else None

    async def prepare_agents(self, agent_ids: Collection[int]) -> None:
        """Read these agents at once."""
        wanted = [agent_id for agent_id in agent_ids if agent_id not in self._agents]
        if not wanted:
            return
        self._agents |= dict.fromkeys(wanted)
        query = (
            select(*_OF_AGENT, agent_addresses.c.gateway)
            .outerjoin(agent_addresses, agent_addresses.c.agent_id == agents.c.id)
            .where(agents.c.id.in_(wanted), agents.c.deleted_at.is_(None))
        )
        found = (await self._connection.execute(query)).all()
        self._agents |= {row.id: row for row in found}

    async def _agent(self, workspace_id: int, agent_id: int) -> Any:
        """Return its row; None: it is gone."""
        await self.prepare_agents([agent_id])
        row = self._agents[agent_id]
        return row if row is not None and row.workspace_id == workspace_id else None

    async def _target(
        self, workspace_id: int, probe_id: int, target: str
    ) -> tuple[str, Row[Any] | None]:
        """What the line is measured towards, and the agent there, where it is one."""
        rows = self._targets[probe_id]
        row = next((row for row in rows if target and row.target == target), None)
        if row is None and rows and (not target or len(rows) == 1):
            row = rows[0]
        about_id = 0 if row is None else row.agent_id or 0
        shown = target or ("" if row is None else row.target)
        # Only what the probe was asked for says whom it is about: an agent can make up the rest.
        if row is not None and not about_id and shown == row.target:
            about_id = (await self._addresses_in(workspace_id)).get(shown, 0)
        about = await self._agent(workspace_id, about_id) if about_id else None
        if not shown and about is not None:
            shown = about.name
        return (target or public_target(shown)), about

    async def _addresses_in(self, workspace_id: int) -> dict[str, int]:
        """Public address to the agent there; addresses that several have are of none."""
        if workspace_id not in self._addresses:
            query = (
                select(agent_addresses.c.public_address, agents.c.id)
                .join(agents, agents.c.id == agent_addresses.c.agent_id)
                .where(agents.c.workspace_id == workspace_id, agents.c.deleted_at.is_(None))
            )
            found: dict[str, int] = {}
            for row in (await self._connection.execute(query)).all():
                found[row.public_address] = 0 if row.public_address in found else row.id
            self._addresses[workspace_id] = found
        return self._addresses[workspace_id]

    async def _above(self, workspace_id: int, own: Iterable[str]) -> tuple[str, ...]:
        """All that depends on is said to be above, nearest first."""
        if workspace_id not in self._parents:
            query = select(alert_parents).where(alert_parents.c.workspace_id == workspace_id)
            above: dict[str, list[str]] = {}
            for row in (await self._connection.execute(query)).all():
                child = handle_of(row.probe_id, row.agent_id)
                above.setdefault(child, []).append(
                    handle_of(row.parent_probe_id, row.parent_agent_id)
                )
            self._parents[workspace_id] = above
        return ancestors(self._parents[workspace_id], own)


def ancestors(above: dict[str, list[str]], own: Iterable[str]) -> tuple[str, ...]:
    """Everything above `own`, nearest first; circles end."""
    start = list(own)
    found: list[str] = []
    level = start
    for _ in range(DEEPEST):
        level = [
            parent
            for child in level
            for parent in above.get(child, ())
            if parent not in found and parent not in start
        ]
        if not level:
            break
        found += dict.fromkeys(level)
    return tuple(found)


def _named(about: Any) -> str:
    name = about.get("name") if isinstance(about, dict) else None
    return name if isinstance(name, str) else ""


def _sites(rows: Iterable[Row[Any] | None]) -> tuple[str, ...]:
    found = [row.labels.get("site") for row in rows if row is not None]
    return tuple(dict.fromkeys(site for site in found if isinstance(site, str) and site))


def _short(text: str) -> str:
    """In one line."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1] + "…"


def _is_named(target: str) -> bool:
    """Whether a name has to be looked up before it can be reached."""
    host = host_of(target)
    try:
        ip_address(host)
    except ValueError:
        return bool(host)
    return False
