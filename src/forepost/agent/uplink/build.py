"""Builds the uplink: before the subjects where their results go, after them what they say."""

from collections.abc import Sequence
from functools import partial
from itertools import chain
from typing import Any

import anyio
import msgspec

from forepost.agent.edges.files.spool_folder import SpoolFolder
from forepost.agent.line import controller_address, is_plain, why_not
from forepost.agent.node import Identity, Node
from forepost.agent.settings import Settings
from forepost.agent.slices import Built, Service
from forepost.agent.uplink.address import Moves
from forepost.agent.uplink.admission import admitted
from forepost.agent.uplink.documents import Documents
from forepost.agent.uplink.foreign_spool import SPOOL, is_foreign, put_aside
from forepost.agent.uplink.link import Uplink
from forepost.agent.uplink.needs import UplinkNeeds
from forepost.agent.uplink.provisioned import Provisioning
from forepost.agent.uplink.spool import Spool
from forepost.agent.uplink.timekeeper import Timekeeper
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.kit.listeners import host_port
from forepost.wire.uplink.messages import ProbePost


class UplinkBase:
    """What there is of the uplink before any subject: the spool, the time, and the address.

    A subject delivers here from its first moment on; `build` joins it to a controller.
    """

    def __init__(self, settings: Settings, node: Node, clock: Clock, health: Health) -> None:
        """Raises CannotStart."""
        self._settings, self._node, self._clock, self._health = settings, node, clock, health
        put_aside(node)
        self._spool = Spool(
            SpoolFolder(node.state_dir / SPOOL),
            clock,
            health,
            max_bytes=settings.spool.max_bytes,
            max_age_sec=settings.spool.max_age_sec,
            sync_sec=settings.spool.sync_sec,
            backlog=settings.spool.backlog,
        )
        self._keeper = Timekeeper(clock, health)
        self._moves = Moves(
            node,
            clock,
            health,
            allowed=settings.uplink.may_move,
            allow_plain=settings.uplink.allow_plain,
        )
        self.known_time = self._keeper.known_time
        self.enrolment = Provisioning(settings, node, clock, health)
        self._link: Uplink | None = None

    async def deliver(self, post: ProbePost) -> None:
        """Keep a result for the controller, with what is known of the clock now."""
        self._spool.put(msgspec.json.encode(self._keeper.measured(post)))

    def controller_url(self) -> str:
        """Where this agent talks now; "" where there is no controller."""
        return self._moves.url or self._settings.uplink.url

    def is_connected(self) -> bool:
        """Whether this agent talks with its controller just now."""
        return self._link is not None and self._link.connected

    async def build(self, subjects: Sequence[Built]) -> Built:
        """Restore the documents of all subjects, and join these to the controller."""
        settings = self._settings
        documents = Documents(
            self._node.state_dir,
            [*chain.from_iterable(one.documents for one in subjects)],
            self._health,
        )
        self.enrolment.documents = documents
        await documents.restore()
        listen = settings.speedtest.listen
        self._link = link = Uplink(
            UplinkNeeds(
                node=self._node,
                spool=self._spool,
                documents=documents,
                keeper=self._keeper,
                moves=self._moves,
                clock=self._clock,
                health=self._health,
                talks=[*chain.from_iterable(one.talks for one in subjects), self.enrolment],
                speedtest_port=host_port(listen, "speedtest.listen")[1] if listen else 0,
                ping_sec=settings.uplink.ping_sec,
            )
        )
        services: dict[str, Service] = {
            "clock": self._keeper.run,
            "spool": self._spool.run,
            "kept documents": partial(documents.settle, self._clock),
            "provisioning": self.enrolment.run,
        }
        if settings.uplink.url:
            services["uplink"] = partial(self._talk, link)
        return Built(
            services=services,
            status=partial(self._status, link),
            restart_wanted=self.enrolment.restart_wanted,
            flush=self._close,
        )

    async def _talk(self, link: Uplink) -> None:
        """Enrol where it has not been done, then talk for as long as the controller wants us.

        Over a line that may not be used nothing is said: what is measured waits in the spool.
        """
        settings = self._settings.uplink
        wanted = Identity(
            url=controller_address(settings.url),
            workspace_id=settings.workspace_id,
            agent_id=settings.agent_id,
            psk="",
            pin_sha256=settings.pin_sha256,
        )
        found = self._node.identity()
        is_away = found is not None and found.home == wanted.url and settings.may_move
        line = found.url if found is not None and is_away else wanted.url
        reason = why_not(line, allow_plain=settings.allow_plain, pin_sha256=settings.pin_sha256)
        if reason:
            self._health.ill("uplink", reason)
            await anyio.sleep_forever()
        identity = await admitted(self._node, wanted, settings.pin, may_move=settings.may_move)
        self._health.well("uplink")
        if is_foreign(self._node):  # it was opened before anybody knew
            self.enrolment.begin_anew()
            await anyio.sleep_forever()
        with self.enrolment.conversing():
            await link.run(identity)
            self.enrolment.removed()

    def _status(self, link: Uplink) -> dict[str, Any]:
        settings, url = self._settings.uplink, self.controller_url()
        return {
            "controller": url,
            "connected": link.connected,
            "plain": is_plain(url),
            "workspace_id": settings.workspace_id,
            "agent_id": settings.agent_id,
            "spool": self._spool.status,
            "clock": self._keeper.reading(),
        }

    async def _close(self) -> None:
        self._spool.close()
