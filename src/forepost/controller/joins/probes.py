"""Joins the probes to the fleet, and tells whoever looks at probes that they changed."""

from collections.abc import Callable, Iterable
from functools import partial

import msgspec

from forepost.controller.db.engine import Database
from forepost.controller.fleet.reports import DocumentReports
from forepost.controller.fleet.roster import Roster
from forepost.controller.joins.built import Built
from forepost.controller.joins.probe_lists import ProbeLists
from forepost.controller.pipeline import Follower
from forepost.controller.probes import api
from forepost.controller.probes.addresses import NETINFO, Addresses
from forepost.controller.probes.copies import ProbeCopies
from forepost.controller.probes.owners import Owners
from forepost.controller.probes.situation import Situations
from forepost.controller.probes.store import Changed, Probes
from forepost.kit.clock import Clock


class ProbeWatcher(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants to know of changes."""

    told: Callable[[Changed], None]
    """A probe was added, changed or removed."""
    touched: Callable[[Iterable[int]], None]
    """The lists of these agents changed."""


class ProbesJoin:
    """Probes, and the document `probes` that agents are given."""

    def __init__(
        self, db: Database, roster: Roster, reports: DocumentReports, clock: Clock, secret: bytes
    ) -> None:
        self._db, self._clock = db, clock
        self.store, self.owners = Probes(db), Owners(db)
        self.addresses = Addresses(db, clock)
        self.situations = Situations(db, self.addresses.of)
        self.lists = ProbeLists(self.situations, self.owners, roster, reports, secret)
        self.watchers = [ProbeWatcher(told=self.lists.told, touched=self.lists.touched)]

    async def load(self) -> None:
        await self.owners.load()
        await self.addresses.load()

    def told(self, changed: Changed) -> None:
        """A probe was added, changed or removed."""
        for watcher in self.watchers:
            watcher.told(changed)

    def touched(self, agent_ids: Iterable[int]) -> None:
        """The lists of these agents changed."""
        for watcher in self.watchers:
            watcher.touched(agent_ids)

    def built(self) -> Built:
        return Built(
            routers=[
                api.routes(
                    self.store,
                    self.situations,
                    ProbeCopies(self._db),
                    self.lists.delivery,
                    self._clock,
                    self.told,
                    self.touched,
                )
            ],
            services={"addresses": partial(self.addresses.run, self.lists.moved)},
            followers=[
                Follower(lambda _, rows: self.addresses.consider(rows), frozenset({NETINFO}))
            ],
            documents=[self.lists],
        )
