"""The Local API as one thing: what it needs of the agent, what it runs, and what it keeps."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Final

import anyio
import msgspec

from forepost.agent.edges.files.spool_folder import SpoolFolder
from forepost.agent.edges.local.control_socket import Say, Verb
from forepost.agent.edges.local.http_face import LocalHttp
from forepost.agent.settings import Settings
from forepost.agent.workloads.control import ControlSockets
from forepost.agent.workloads.local_api.addresses import ALL, ListeningAddresses
from forepost.agent.workloads.local_api.agent_calls import AgentCalls
from forepost.agent.workloads.local_api.command_line import CommandLine
from forepost.agent.workloads.local_api.configuration import ConfigFile, LocalConfig
from forepost.agent.workloads.local_api.control_lines import NO_RESOURCES, ControlLines
from forepost.agent.workloads.local_api.face import LocalApiFace
from forepost.agent.workloads.local_api.kept_configuration import KeptConfiguration
from forepost.agent.workloads.local_api.message_calls import MessageCalls
from forepost.agent.workloads.local_api.microservice_calls import MicroserviceCalls
from forepost.agent.workloads.local_api.option import BY_KEY, coordinates
from forepost.agent.workloads.local_api.report import AgentFacts
from forepost.agent.workloads.local_api.tokens import MicroserviceTokens, TokenFile
from forepost.agent.workloads.local_api.words import NotDone
from forepost.agent.workloads.messages.bus import MessageBus
from forepost.agent.workloads.messages.journal import Journal
from forepost.agent.workloads.messages.message_lines import MessageLines
from forepost.agent.workloads.microservices import Microservices
from forepost.kit import files
from forepost.kit.clock import Clock
from forepost.kit.errors import Invalid
from forepost.kit.health import Health
from forepost.kit.listeners import host_port
from forepost.kit.program import CannotStart
from forepost.kit.settings import WrongSettings
from forepost.kit.state_file import StateFile

TOKEN: Final = "local-api"  # noqa: S105 - a file name
MESSAGES: Final = "messages"
ACKNOWLEDGED: Final = "control-acknowledged.json"
MOST_EACH: Final = 1_024
"""Connections of one address: microservices in the network of the host share theirs."""
SAVE_SEC: Final = 5.0
READY_SEC: Final = 15.0
"""After which it is served all the same, though nobody knows how the engine is."""
Acknowledged = dict[str, dict[str, str]]


class LocalApiNeeds(msgspec.Struct, frozen=True, kw_only=True):
    """What the Local API is joined to."""

    facts: Callable[[], AgentFacts]
    applied: Callable[[LocalConfig], None]
    """Takes what is set now: at the start, and after every change."""
    provision: Callable[[str], Awaitable[str]]
    """Takes a key and returns the uuid that the controller gave. Raises Refusal. It is cancelled
    after ten seconds."""
    deprovision: Callable[[], Awaitable[None]]
    """Raises Refusal, with "not provisioned" where there is no controller."""
    known_place: Callable[[], tuple[float, float] | None] = lambda: None
    """Where the controller says that this site is."""
    resources: Callable[[], str] = lambda: NO_RESOURCES
    """The edge resources of this site, as a JSON array."""


class LocalApi:
    def __init__(
        self,
        settings: Settings,
        state_dir: Path,
        microservices: Microservices,
        needs: LocalApiNeeds,
        clock: Clock,
        health: Health,
    ) -> None:
        """Raises WrongSettings, CannotStart."""
        section = settings.local_api
        host, port = host_port(section.listen, "local_api.listen")
        if host in ALL:
            raise WrongSettings("local_api.listen: name an address: it is never open on all")
        self._microservices, self._clock, self._health = microservices, clock, health
        self.token = TokenFile(Path(section.token_file or state_dir / TOKEN), health)
        self.tokens = MicroserviceTokens(state_dir, health)
        try:
            journal = Journal(SpoolFolder(files.reclaimed_folder(state_dir / MESSAGES)))
        except OSError as error:
            raise CannotStart(f"{state_dir}: {error.strerror}") from None
        self.configuration = KeptConfiguration(
            ConfigFile(state_dir), _base(settings, state_dir), needs.applied, clock, health
        )
        """What a controller of ioFog's says goes the same way."""
        self._kept = StateFile(state_dir / ACKNOWLEDGED, msgspec.json.Decoder(Acknowledged).decode)
        self._sockets = ControlSockets(self._kept.recall(health))
        self._saved = self._sockets.remembered
        self._lines = ControlLines(self._sockets, microservices, needs.resources, clock)
        self.bus = MessageBus(journal, state_dir, self._routes_of, clock, health)
        self._agent = AgentCalls(
            self.configuration,
            microservices,
            needs.facts,
            needs.provision,
            needs.deprovision,
            self.bus,
            clock,
        )
        asked = MicroserviceCalls(
            section.containers,
            microservices,
            self.configuration,
            needs.known_place,
            needs.resources,
            state_dir,
            clock,
        )
        messages = MessageCalls(self.bus, asked)
        face = LocalApiFace(
            section.containers,
            host,
            microservices,
            self.token,
            self.tokens,
            {
                "status": self._agent.status,
                "info": self._agent.info,
                "version": self._agent.version,
                "config": self._agent.config,
                "provision": self._agent.provision,
                "deprovision": self._agent.deprovision,
                "prune": self._agent.prune,
                "commandline": CommandLine(self._agent).answer,
            },
            {
                "config_get": asked.config_get,
                "edge_resources": asked.edge_resources,
                "gps": asked.gps,
                "log": asked.log,
                "messages_new": messages.new,
                "messages_next": messages.next,
                "messages_query": messages.query,
            },
            {"control": self._lines.talk, "message": MessageLines(self.bus, clock).talk},
        )
        http = LocalHttp("local api", face, clock, health, most_each=MOST_EACH)
        self._addresses = ListeningAddresses(
            host, port, microservices.gateways, microservices.changed, http.serve, clock, health
        )

    @property
    def services(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """By the names under which health is told of them."""
        return {
            "local api": self._run,
            "control sockets": self._lines.run,
            "local config": self.configuration.run,
            "message bus": self.bus.run,
        }

    @property
    def verbs(self) -> Mapping[str, Verb[Any]]:
        """For `forepost` on the control socket of this agent."""
        return {
            "local_api.rotate_token": Verb(dict[str, str], self._rotate),
            "local_api.config": Verb(dict[str, str], self._show),
            "local_api.set_config": Verb(dict[str, str], self._set),
        }

    def configure(self, wanted: Mapping[str, str]) -> Mapping[str, str]:
        """Set what a controller wants, as `/v2/config` does; return why some of it is refused."""
        try:
            return self.configuration.set(wanted)
        except NotDone as refusal:
            return {"all": str(refusal)}

    def resources_changed(self) -> None:
        """Tell all control sockets that `resources` says something else now."""
        self._lines.look()

    async def flush(self) -> None:
        """Keep what is only in RAM."""
        await self.configuration.flush()
        await self.bus.flush()
        self._save()

    async def _run(self) -> None:
        self.token.prepare()
        with anyio.move_on_after(READY_SEC):  # an engine may be silent for long
            await self._microservices.ready()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._addresses.run)
            while True:
                await self._clock.sleep(SAVE_SEC)
                self._save()

    def _save(self) -> None:
        found = self._sockets.remembered
        if found != self._saved and self._kept.keep(msgspec.json.encode(found), self._health):
            self._saved = found

    def _routes_of(self, uuid: str) -> Collection[str] | None:
        """None: there is no such microservice, or nobody knows it yet."""
        if self._microservices.config_of(uuid) is None:
            return None
        return self._microservices.routes_of(uuid)

    async def _rotate(self, body: dict[str, str], say: Say) -> dict[str, str]:
        try:
            self.token.rotate()
        except OSError as error:
            raise Invalid(f"{self.token.path}: {error.strerror}") from None
        return {"token_file": str(self.token.path)}

    async def _show(self, body: dict[str, str], say: Say) -> dict[str, Any]:
        now = self.configuration.now
        return {"info": self._agent.info_fields(), "set": dict(now.said), "keys": [*BY_KEY]}

    async def _set(self, body: dict[str, str], say: Say) -> dict[str, Any]:
        try:
            return {"refused": self.configuration.set(body)}
        except NotDone as refusal:
            raise Invalid(str(refusal)) from None


def _base(settings: Settings, state_dir: Path) -> dict[str, str]:
    """What the settings say of what `/v2/config` may change. Raises WrongSettings."""
    gps = settings.local_api.gps.replace(" ", "")
    if gps not in ("auto", "off") and coordinates(gps) is None:
        raise WrongSettings(f"local_api.gps: {gps}: no place on this planet")
    return {
        "gps": gps,
        "disk-directory": f"{state_dir}/",
        "logs-directory": f"{state_dir}/",
        "docker-url": settings.workloads.docker_url,
        "disk-threshold integer": f"{settings.workloads.prune_threshold_percent:g}",
        "docker-pruning-frequency": f"{settings.workloads.prune_hours:g}",
    }
