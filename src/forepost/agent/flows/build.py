"""Builds the slice that meters traffic, and answers on the Unix socket."""

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import anyio
import msgspec

from forepost.agent.edges.files.group_folder import GroupFolder
from forepost.agent.edges.host.facts import LinuxHost
from forepost.agent.flows.agent_status import Reporter
from forepost.agent.flows.commands import Commands
from forepost.agent.flows.face import FlowSocket
from forepost.agent.flows.groups import Groups
from forepost.agent.flows.sinks import SINKS
from forepost.agent.flows.telemetry import Telemetry
from forepost.agent.flows.wanted import WantedGroups
from forepost.agent.flows.watch import Report, Watch
from forepost.agent.node import Node
from forepost.agent.settings import FlowsSection, SocketSection
from forepost.agent.slices import Built, Service, Site
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.kit.settings import WrongSettings
from forepost.wire.flows.rollup import FLOWS, FlowMinute
from forepost.wire.uplink.messages import ProbePost

GROUPS: Final = "address-groups.d"
SUBJECT: Final = "address groups"

_log = logging.getLogger(__name__)


async def build(site: Site) -> Built:
    """Raises WrongSettings."""
    settings = site.settings

    async def report(minute: FlowMinute) -> None:
        await site.deliver(
            ProbePost(
                created_at=datetime.fromtimestamp(minute.minute, UTC),
                type=FLOWS,
                payload=msgspec.Raw(msgspec.json.encode(minute)),
            )
        )

    try:
        flows = Flows(settings.flows, settings.socket, site.node, site.clock, site.health, report)
    except ValueError as error:
        raise WrongSettings(f"flows: {error}") from None
    return Built(
        services=flows.services,
        documents=[flows.wanted],
        reload=flows.reload,
        restart_wanted=flows.restart_wanted,
        flush=flows.keep,
    )


class Flows:
    """Meters, groups and the socket of one agent."""

    def __init__(
        self,
        flows: FlowsSection,
        socket: SocketSection,
        node: Node,
        clock: Clock,
        health: Health,
        report: Report,
    ) -> None:
        """`report` takes each minute's traffic.

        Raises ValueError: what the settings say of rules and prefixes.
        """
        self._socket, self._clock, self._health = socket, clock, health
        self.restart_wanted = anyio.Event()
        """Set when somebody said `restart`."""
        self.groups = Groups()
        self.wanted = WantedGroups(self.groups, self.reload)
        self.watch = Watch(flows, self.groups, clock, health, node.state_dir, report)
        self._sinks = [SINKS[one.kind](one, clock, health) for one in flows.sinks]
        named = list(zip(flows.sinks, self._sinks, strict=True))
        self._reporter = Reporter(node, self.watch, named, clock)
        if self._sinks:
            self._telemetry = Telemetry(
                self._sinks,
                clock,
                flows.privacy,
                self._reporter.status,
                lambda: self.watch.states,
                LinuxHost().network,
            )
            self.watch.hear(self._telemetry)
        folder = GroupFolder(Path(socket.address_groups or node.state_dir / GROUPS))
        self._commands = Commands(
            self.groups,
            folder,
            self._reporter.status,
            self.watch.largest,
            self.reload,
            self.restart_wanted.set,
        )

    @property
    def services(self) -> dict[str, Service]:
        services: dict[str, Service] = {}
        if self.watch.meters or self._socket.path:
            services["address groups"] = self.reload
            services["flows.usage"] = self._reporter.run
        if self.watch.meters:
            services["flows"] = self.watch.run
        for number, sink in enumerate(self._sinks if self.watch.meters else ()):
            services[f"telemetry {number}"] = sink.run
        if self._socket.path:
            services["socket"] = self._serve
        return services

    async def reload(self) -> None:
        """Read the saved groups again; those in memory only stay."""
        self._tell(await self._commands.restore())

    async def keep(self) -> None:
        """Before the end: write the groups that have a file."""
        self._tell(await self._commands.keep())
        for sink in self._sinks:
            await sink.flush()

    async def _serve(self) -> None:
        face = FlowSocket(self._commands, self._clock, self._health, pretty=self._socket.pretty)
        await face.serve(Path(self._socket.path), self._socket.group)

    def _tell(self, problems: list[str]) -> None:
        for problem in problems:
            _log.warning("%s", problem)
        if problems:
            self._health.ill(SUBJECT, problems[0], minor=True)
        else:
            self._health.well(SUBJECT)
