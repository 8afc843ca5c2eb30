"""Builds the slice of microservices: their engine, who wants what, the Local API, the talk."""

import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from forepost.agent.edges.files.manifest_folder import ManifestFolder
from forepost.agent.edges.host.facts import LinuxHost
from forepost.agent.edges.host.time_zone import time_zone
from forepost.agent.ports.containers import AddedEnvironment, ContainerEngine, nothing_added
from forepost.agent.slices import Built, Service, Site
from forepost.agent.workloads.all_wanted import AllWanted, Spared
from forepost.agent.workloads.controllers import Controllers
from forepost.agent.workloads.iofog.client import IofogClient
from forepost.agent.workloads.iofog.exchange import IofogAgent, IofogExchange
from forepost.agent.workloads.iofog.kept import IofogKept
from forepost.agent.workloads.iofog.names import as_options, as_told
from forepost.agent.workloads.iofog.report import BusFigures, status_of
from forepost.agent.workloads.iofog.volume_mounts import VolumeMountFolder
from forepost.agent.workloads.keeper import WorkloadKeeper
from forepost.agent.workloads.known_place import KnownPlace
from forepost.agent.workloads.local_api.api import LocalApi, LocalApiNeeds
from forepost.agent.workloads.local_api.configuration import LocalConfig
from forepost.agent.workloads.local_api.tokens import OWN_TOKEN
from forepost.agent.workloads.local_manifests import LocalManifests
from forepost.agent.workloads.microservices import (
    Microservices,
    NoSuchMicroservice,
    NotNow,
    WantedMicroservice,
)
from forepost.agent.workloads.no_microservices import NoMicroservices
from forepost.agent.workloads.owner import owner_of
from forepost.agent.workloads.site_facts import SiteFacts
from forepost.agent.workloads.site_rules import SiteRules
from forepost.agent.workloads.talk import WorkloadsTalk
from forepost.agent.workloads.verbs import WorkloadVerbs
from forepost.agent.workloads.wanted import WantedList, WantedWorkloads
from forepost.wire.local.status import WorkloadsStatus
from forepost.wire.workloads.delivery import Registry

MANIFESTS: Final = "workloads.d"
REMEMBERED: Final = "workloads.json"
PROCESSES: Final = "processes"

_log = logging.getLogger(__name__)


async def build(site: Site) -> Built:
    """Raises WrongSettings, CannotStart."""
    return SiteWorkloads(site).built


class SiteWorkloads:
    """All of it for one agent."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._config = LocalConfig()
        self._resources = "[]"
        section, state_dir = site.settings.workloads, site.node.state_dir
        mounts = VolumeMountFolder(state_dir)
        self._rules = SiteRules(
            section,
            str(mounts.path),
            "process" if section.engine == "process" else "docker",
            is_root=os.geteuid() == 0,
        )
        self._manifests = LocalManifests(
            ManifestFolder(_folder(section.manifests, state_dir)), state_dir, site.health
        )
        self._manifests.start()
        self._keeper: WorkloadKeeper | None = None
        self._microservices: Microservices = NoMicroservices()
        if section.engine != "off":
            self._keeper = self._microservices = WorkloadKeeper(
                self._engine(), state_dir / REMEMBERED, site.clock, site.health
            )
        client = IofogClient(site.node.way, site.clock, site.settings.uplink.pin_sha256)
        self._iofog = IofogExchange(
            client,
            IofogKept(state_dir, site.health),
            mounts,
            self._as_iofog(),
            site.clock,
            site.health,
        )
        self._controllers = Controllers(
            site.enrolment,
            site.is_connected,
            client,
            self._iofog,
            site.settings.uplink,
            lambda: self._config.controller_url,
        )
        self._document = WantedWorkloads(self._rules.refusal, self._look)
        self._wanted = AllWanted(
            self._manifests,
            [("controller", _Ours(self._document, site)), ("iofog", self._iofog)],
            self._rules.refusal,
            self._want,
            site.clock,
        )
        self._facts = SiteFacts(
            LinuxHost(), site.node.version, state_dir, self._controllers.told, site.clock
        )
        self._place = KnownPlace(
            site.edges.whoami, lambda: self._config.gps_mode == "auto", site.clock
        )
        self._api = LocalApi(
            site.settings, state_dir, self._microservices, self._needs(), site.clock, site.health
        )

    @property
    def built(self) -> Built:
        verbs = WorkloadVerbs(
            self._microservices,
            self._manifests,
            self._rules.refusal,
            self._look,
            self._controllers.provision,
            self._controllers.deprovision,
        )
        return Built(
            services=self._services(),
            status=self._status if self._keeper else None,
            documents=[self._document] if self._keeper else [],
            talks=[WorkloadsTalk(self._microservices, self._site.clock)] if self._keeper else [],
            verbs={**verbs.verbs, **self._api.verbs},
            reload=self._reload,
            flush=self._api.flush,
        )

    def _status(self) -> Mapping[str, Any]:
        found = self._microservices.statuses()
        wanted = [one for one in found if one.wanted]
        return {
            "microservices": WorkloadsStatus(
                wanted=len(wanted),
                running=sum(one.is_well for one in wanted),
                problems={one.name or one.uuid: one.problem for one in found if one.problem},
            )
        }

    def _services(self) -> Mapping[str, Service]:
        services: dict[str, Service] = {
            "workloads facts": self._facts.run,
            "known place": self._place.run,
        }
        if self._keeper is not None:
            services["workloads"] = self._keeper.run
            services["wanted workloads"] = self._wanted.run
            services["iofog"] = self._iofog.run
        if self._site.settings.local_api.enabled is not False:
            services |= self._api.services
        return services

    def _engine(self) -> ContainerEngine:
        section = self._site.settings.workloads
        if section.engine == "process":
            from forepost.agent.edges.containers.process import ProcessEngine  # noqa: PLC0415

            folder = self._site.node.state_dir / PROCESSES
            return ProcessEngine(folder, self._site.clock, self._zone, self._environment())
        # aiohttp: 20 MiB that an agent without containers does not need
        from forepost.agent.edges.containers.docker import DockerEngine  # noqa: PLC0415

        return DockerEngine(
            section.docker_url,
            owner_of(self._site.node.state_dir),
            self._zone,
            volumes=section.allow_volumes,
            environment=self._environment(),
        )

    def _environment(self) -> AddedEnvironment:
        """A token of its own for each, where tokens show who asks on the Local API."""
        if self._site.settings.local_api.containers != "token":
            return nothing_added
        return lambda uuid: {OWN_TOKEN: self._api.tokens.of(uuid)}

    def _zone(self) -> str:
        return self._config["time-zone"] or time_zone()

    def _look(self) -> None:
        self._wanted.look()

    async def _want(
        self, wanted: Sequence[WantedMicroservice], registries: Sequence[Registry], spared: Spared
    ) -> None:
        if self._keeper is not None:
            await self._keeper.want(wanted, registries, spared)

    async def _reload(self) -> None:
        self._look()

    def _needs(self) -> LocalApiNeeds:
        return LocalApiNeeds(
            facts=self._facts.now,
            applied=self._applied,
            provision=self._controllers.provision,
            deprovision=self._controllers.deprovision,
            known_place=lambda: self._place.now,
            resources=lambda: self._resources,
        )

    def _applied(self, config: LocalConfig) -> None:
        self._config = config
        if self._keeper is not None:
            self._keeper.prune_by(config.prune_threshold_percent, config.prune_hours)
        if config.log_level is not None:
            logging.getLogger("forepost").setLevel(config.log_level)

    def _as_iofog(self) -> IofogAgent:
        return IofogAgent(
            status=self._iofog_status,
            configured=self._configured,
            settings=lambda: as_told(self._config.__getitem__, self._config.place),
            edge_resources=self._take_resources,
            restart=self._restart,
            prune=self._prune,
            status_sec=lambda: float(self._config["status-frequency"]),
            changes_sec=lambda: float(self._config["changes-frequency"]),
            news=self._look,
        )

    def _iofog_status(self, registries: Sequence[int]) -> Mapping[str, Any]:
        site = self._site
        return status_of(
            self._facts.now(),
            site.node.started_at,
            self._microservices.engine(),
            [one for one in self._microservices.statuses() if one.wanted_by == "iofog"],
            registries,
            BusFigures(self._api.bus.count, self._api.bus.size),
            site.clock.now(),
        )

    async def _configured(self, said: Mapping[str, Any]) -> None:
        for name, reason in self._api.configure(as_options(said)).items():
            _log.warning("the ioFog Controller sets %s: %s", name, reason.strip())

    def _take_resources(self, resources: Sequence[Mapping[str, Any]]) -> None:
        self._resources = msgspec.json.encode(resources).decode()
        self._api.resources_changed()

    async def _restart(self, uuid: str) -> None:
        try:
            await self._microservices.restart(uuid)
        except (NoSuchMicroservice, NotNow) as error:
            _log.warning("%s is not made anew: %s", uuid, error)

    async def _prune(self) -> None:
        try:
            await self._microservices.prune()
        except NotNow as error:
            _log.warning("nothing is pruned: %s", error)


class _Ours:
    """A controller of ours as a side that wants something; none: it wants nothing, for certain."""

    def __init__(self, document: WantedWorkloads, site: Site) -> None:
        self._document, self._site = document, site

    @property
    def list(self) -> WantedList:
        return self._document.list

    @property
    def is_known(self) -> bool:
        return self._document.is_known or self._site.enrolment.identity is None


def _folder(said: str, state_dir: Path) -> Path:
    if said:
        return Path(said)
    folder = state_dir / MANIFESTS
    with suppress(FileExistsError):  # it is no folder: what was read last goes on, and it is told
        folder.mkdir(mode=0o700, exist_ok=True)
    return folder
