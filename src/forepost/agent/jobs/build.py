"""Builds the slice of jobs: what is wanted, its runs, the Agent API, the talk, the command."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import anyio

from forepost.agent.edges.device_key import device_key
from forepost.agent.edges.files.job_folder import JobFolder
from forepost.agent.edges.host.time_zone import local_zone
from forepost.agent.edges.local.http_face import LocalHttp
from forepost.agent.edges.proc.script_process import ScriptProcesses
from forepost.agent.edges.transfer_process import TransferProcess
from forepost.agent.jobs.agent_api.calls import ApiCalls
from forepost.agent.jobs.agent_api.face import AgentApiFace
from forepost.agent.jobs.agent_api.listener import SUBJECT, listen
from forepost.agent.jobs.agent_api.server_state import ServerState, has_network
from forepost.agent.jobs.journal import RunJournal
from forepost.agent.jobs.keeper import JobKeeper
from forepost.agent.jobs.local_jobs import LocalJobs
from forepost.agent.jobs.pause import AgentPause
from forepost.agent.jobs.relay_access import relay_access
from forepost.agent.jobs.run_numbers import RunNumbers
from forepost.agent.jobs.runs import Runs, highest_run
from forepost.agent.jobs.scheduler import JobScheduler, Timed
from forepost.agent.jobs.shown_runs import RunSnapshot
from forepost.agent.jobs.site_rules import JobRules
from forepost.agent.jobs.source_tasks import run_key
from forepost.agent.jobs.tags import AgentTags
from forepost.agent.jobs.talk import JobsTalk
from forepost.agent.jobs.transfer_log import TransferLog
from forepost.agent.jobs.verbs import JobVerbs
from forepost.agent.jobs.wanted import WantedJobs
from forepost.agent.ports.transfer import TransferEngine
from forepost.agent.slices import Built, Service, Site
from forepost.kit.program import CannotStart
from forepost.wire.jobs.delivery import JobHost, WantedRun
from forepost.wire.jobs.transfer import RelayAccess, TransferEvent, TransferOrder
from forepost.wire.local.status import JobsStatus

TRANSFERS: Final = "transfers"
"""The folder of the transfer engine."""
SUBJECT_OF_JOBS: Final = "jobs files"
AGAIN_SEC: Final = 30.0
LOOK_SEC: Final = 2.0
"""How often the folder of jobs is read."""


PACKAGES: Final = "jobs: pip install 'forepost[jobs]': the package {} is not there"


async def build(site: Site) -> Built:
    """Raises CannotStart."""
    try:
        return SiteJobs(site).built
    except OSError as error:
        return WithoutJobs(site, error).built
    except ModuleNotFoundError as error:
        raise CannotStart(PACKAGES.format(error.name)) from None


class WithoutJobs:
    """Stands for the slice where its files can be neither read nor made, as on a disk that was full
    before: everything else of the agent goes on, which begins anew when they can.
    """

    def __init__(self, site: Site, error: OSError) -> None:
        self._site = site
        self._restart_wanted = anyio.Event()
        self._say(error)

    @property
    def built(self) -> Built:
        return Built(services={"jobs": self._run}, restart_wanted=self._restart_wanted)

    async def _run(self) -> None:
        while True:
            await self._site.clock.sleep(AGAIN_SEC)
            try:
                SiteJobs(self._site)
            except OSError as error:
                self._say(error)
            else:
                self._restart_wanted.set()

    def _say(self, error: OSError) -> None:
        said = f"{self._site.node.state_dir}: {error.strerror or error}"
        self._site.health.ill(SUBJECT_OF_JOBS, f"{said}; no job runs until this is well")


class SiteJobs:
    """All of it for one agent."""

    def __init__(self, site: Site, engine: TransferEngine | None = None) -> None:
        """Raises OSError, ModuleNotFoundError."""
        self._site = site
        state_dir, health, section = site.node.state_dir, site.health, site.settings.jobs
        self._key = device_key(state_dir, health)
        self._relay: RelayAccess | None = None
        self._is_relaying, self._called = False, ""
        self._tags = AgentTags(state_dir, section.tags, health, site.clock, site.known_time)
        self._log = TransferLog(state_dir, health, site.clock)
        self._pause = AgentPause(state_dir, site.clock, health)
        journal = RunJournal(state_dir, site.clock.now().timestamp())
        loaded = journal.load()
        numbers = RunNumbers(state_dir, highest_run(loaded), health)
        self.runs = Runs(journal, numbers, loaded, health)
        self._scheduler = JobScheduler(state_dir, self.runs, health)
        self._engine: TransferEngine = engine or TransferProcess(self._order(), site.clock)
        self._rules = JobRules(section, state_dir, self._all_tags)
        self._keeper = JobKeeper(
            self.runs,
            ScriptProcesses(state_dir, self._key.device_id, site.clock),
            self._scheduler,
            self._engine,
            self._rules,
            self._pause,
            self._now,
            local_zone,
            self._let_rest,
            self._key.device_id,
            lambda: self._relay,
        )
        self._let_rest(self._pause.is_paused)
        self._files: LocalJobs | None = None
        if section.dir:
            self._files = LocalJobs(JobFolder(Path(section.dir)), state_dir, health)
        else:
            self.runs.want_files({}, self._now())
        self._wanted: Sequence[Timed] = ()
        self._agent_id = ""
        self._look_at_controller()
        self._restart_wanted = anyio.Event()
        self._server = ServerState(site, has_network)

    @property
    def scheduled(self) -> Sequence[Timed]:
        """The jobs that begin by themselves."""
        return list(self._scheduler.jobs)

    @property
    def built(self) -> Built:
        verbs = JobVerbs(
            self._keeper,
            self._files,
            self._scheduler,
            self._tags,
            self._log,
            self._rules,
            self._key.device_id,
            self._now,
            self._site.clock,
        )
        return Built(
            services=self._services(),
            documents=[WantedJobs(self._want, self._tags.want, self._be_named)],
            talks=[JobsTalk(self._keeper, self._host, self._log, self._site.clock, self._relays)],
            status=self._status,
            verbs=verbs.verbs,
            reload=self._reload,
            restart_wanted=self._restart_wanted,
            flush=self._flush,
        )

    async def _flush(self) -> None:
        self._log.settle()

    def _order(self) -> TransferOrder:
        return TransferOrder(
            state_dir=str(self._site.node.state_dir / TRANSFERS),
            key_file=str(self._key.key_file),
            certificate_file=str(self._key.certificate_file),
            listen=self._site.settings.jobs.listen,
        )

    def _services(self) -> Mapping[str, Service]:
        services: dict[str, Service] = {
            "jobs": self._keeper.run,
            "transfers": partial(self._engine.run, self._tell),
            "tags": self._settle,
        }
        if self._files is not None:
            services["job files"] = partial(self._read, self._files)
        section = self._site.settings.agent_api
        if section.client_api_enabled:
            calls = ApiCalls(
                (self._key.device_id, self._key.device_id_hex),
                self._name,
                self._server.server,
                RunSnapshot(self._keeper),
                self._pause,
                self._tags,
                self._keeper.look,
                self._restart_wanted.set,
            )
            face = AgentApiFace(calls, needs_token=section.client_api_token_auth)
            http = LocalHttp(SUBJECT, face, self._site.clock, self._site.health)
            services[SUBJECT] = partial(
                listen, section.client_api_port, http.serve, self._site.clock, self._site.health
            )
            services["agent api state"] = self._server.run
        return services

    def _want(
        self, runs: Sequence[WantedRun], timed: Sequence[Timed], spared: Sequence[str]
    ) -> None:
        self.runs.want(runs, self._now(), spared)
        self.runs.want_schedules({*spared, *(one.uid for one in timed)}, of_controller=True)
        self._wanted = timed
        self._schedule()

    def _schedule(self) -> None:
        own: list[Timed] = []
        if self._files is not None:
            found = self._files.found.understood.values()
            own = [Timed(one.uid, one.job) for one in found if one.job.schedule is not None]
        self._scheduler.want([*self._wanted, *own], self._now())
        self._keeper.look()

    async def _read(self, files: LocalJobs) -> None:
        """For ever: a file is seen without a restart."""
        while True:
            self._look_at(files)
            await self._site.clock.sleep(LOOK_SEC)

    def _look_at(self, files: LocalJobs) -> None:
        was_known = files.is_known
        if not files.look() and was_known and self.runs.knows_files:
            return
        if not files.is_known:
            return
        understood = files.found.understood
        wanted = {
            one.uid: (name, one.job) for name, one in understood.items() if one.job.schedule is None
        }
        self.runs.want_files(wanted, self._now())
        self.runs.want_schedules([one.uid for one in understood.values()], of_controller=False)
        self._schedule()

    async def _reload(self) -> None:
        if self._files is not None:
            self._look_at(self._files)

    async def _settle(self) -> None:
        while True:
            await self._site.clock.sleep(LOOK_SEC)
            self._tags.settle()
            self._log.settle()
            self._look_at_controller()

    def _relays(self, is_relaying: bool) -> None:
        """Whether the controller passes bytes on, as it said last."""
        self._is_relaying = is_relaying
        self._look_at_controller()

    def _look_at_controller(self) -> None:
        """Who this agent is there may change, and where it is."""
        identity, settings = self._site.enrolment.identity, self._site.settings.uplink
        self._agent_id = str(identity.agent_id) if identity is not None else ""
        access: RelayAccess | None = None
        if self._is_relaying:
            access = relay_access(
                identity,
                self._site.controller_url(),
                self._site.node.way,
                allow_plain=settings.allow_plain,
            )
        if access != self._relay:
            self._relay = access
            self._keeper.look()

    def _tell(self, event: TransferEvent) -> None:
        key = run_key(event.key)
        found = [one for one in self.runs.all if one.task_key == key]
        if found:
            run = max(found, key=lambda one: (not one.is_over, one.queued_at))
            self._log.add(event, run.uid, is_of_controller=run.of_controller)
        self._keeper.look()

    def _now(self) -> datetime:
        """By the controller's clock, where it is known."""
        return self._site.known_time() or self._site.clock.now()

    def _all_tags(self) -> Mapping[str, str]:
        own = {"AGENT_NAME": self._name(), "AGENT_ID": self._agent_id}
        return {**self._tags.all, **own}

    def _name(self) -> str:
        """As the controller calls this agent, or what its settings say, or its host."""
        return self._called or self._site.node.name

    def _be_named(self, name: str) -> None:
        self._called = name

    def _let_rest(self, is_paused: bool) -> None:
        if self._site.settings.jobs.pause_stops_probes:
            self._site.rest.set(is_on=is_paused)

    def _host(self) -> JobHost:
        return JobHost(
            deviceid=self._key.device_id,
            listen=self._engine.report().listening,
            scripts=self._rules.lets_scripts_run,
            paused=self._pause.is_paused,
            resume_at=self._pause.resume_at,
            tags=self._tags.listed,
        )

    def _status(self) -> Mapping[str, Any]:
        runs = self.runs.all
        return {
            "jobs": JobsStatus(
                deviceid=self._key.device_id,
                paused=self._pause.is_paused,
                waiting=sum(not one.is_over and one.state != "started" for one in runs),
                under_way=sum(one.state == "started" for one in runs),
                scripts=len(self._keeper.executed),
                ended=sum(one.is_over for one in runs),
                scheduled=len(self.scheduled),
            )
        }
