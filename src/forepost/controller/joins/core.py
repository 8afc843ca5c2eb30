"""What every subject of the controller is built on: stores, people, agents, probes, results."""

import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import msgspec

from forepost.controller.access.tokens import Passwords, Tokens
from forepost.controller.changes.store import drop_of_agent as drop_changes
from forepost.controller.db.engine import Database
from forepost.controller.fleet.departures import Departures
from forepost.controller.fleet.reports import DocumentReports
from forepost.controller.fleet.roster import Roster
from forepost.controller.fleet.store import Agents
from forepost.controller.jobs.store import drop_jobs_at
from forepost.controller.joins.access import AccessJoin
from forepost.controller.joins.jobs import JobsJoin
from forepost.controller.joins.probes import ProbesJoin
from forepost.controller.joins.results import Intake
from forepost.controller.joins.run_notices import RunNotices
from forepost.controller.joins.workloads import WorkloadsJoin
from forepost.controller.live.hub import Hub
from forepost.controller.lookup.service import Lookups
from forepost.controller.notify.destinations import Destinations
from forepost.controller.notify.outbox import Outbox
from forepost.controller.outgoing.calls import check_trusted
from forepost.controller.outgoing.route import Route
from forepost.controller.pipeline import Follower, Pipeline, each_in_turn
from forepost.controller.probes.addresses import drop_of_agent as drop_addresses
from forepost.controller.probes.store import drop_of_agent as drop_probes
from forepost.controller.results.rows import shown
from forepost.controller.results.streams import Streams
from forepost.controller.series.port import Series
from forepost.controller.settings import OutgoingSection, Settings
from forepost.controller.storage.settled_clock import SettledClock
from forepost.controller.storage.stores import Stores
from forepost.controller.trials.store import drop_of_agent as drop_trials
from forepost.controller.workloads.store import drop_of_agent as drop_microservices
from forepost.kit import files
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.kit.proxies import proxy_of
from forepost.kit.settings import WrongSettings

KEY_BYTES: Final = 32
LARGEST_KEY: Final = 64 << 10


class Core(msgspec.Struct, frozen=True, kw_only=True):
    """Handed to each subject's `build`."""

    settings: Settings
    folder: Path
    store_id: str
    db: Database
    series: Series
    clock: Clock
    settled: SettledClock
    """By which what is old is known: it never runs ahead of what has passed for certain."""
    health: Health
    secret: bytes
    """The key of this controller's tokens."""
    passwords: Passwords
    access: AccessJoin
    agents: Agents
    roster: Roster
    reports: DocumentReports
    probes: ProbesJoin
    workloads: WorkloadsJoin
    jobs: JobsJoin
    hub: Hub
    """Panels."""
    outbox: Outbox
    """Notices and mails."""
    route: Route
    """Which way calls to other hosts leave."""
    lookups: Lookups
    pipeline: Pipeline
    followers: list[Follower]
    """Of the pipeline; read at each commit."""
    intake: Intake
    streams: Streams
    agent_watchers: list[Callable[[int], None]]
    """Called with the workspace after one of its agents was added, changed or removed."""
    workspace_watchers: list[Callable[[int], Awaitable[None]]]
    """Called with a workspace after it was made."""


async def opened(
    settings: Settings, folder: Path, stores: Stores, clock: Clock, health: Health
) -> Core:
    """Raises WrongSettings."""
    db, series = stores.db, stores.series
    settled = SettledClock(folder, clock, health)
    secret = _secret(folder / "jwt.key")
    passwords = Passwords()
    outbox = Outbox(clock)
    tokens = Tokens(secret, clock, stores.identity.token_epoch)
    mail = outbox.put_mail if settings.mail.host else None
    access = AccessJoin(db, tokens, passwords, settings, clock, stores.identity.store_id, mail)
    of_agents = (
        *(drop_probes, drop_addresses, drop_microservices, drop_trials, drop_changes),
        drop_jobs_at(clock),
    )
    agents = Agents(db, of_agents)
    roster = Roster(agents, clock, settings.limits.agent_bytes_a_day)
    reports = DocumentReports(db, clock)
    probes = ProbesJoin(db, roster, reports, clock, secret)
    route = _route(settings.outgoing)
    followers: list[Follower] = []
    pipeline = Pipeline(series, each_in_turn(followers), clock, health, stores.has_room)
    lookups = await Lookups.opened(
        db, settings.lookups, folder, clock, health, route, settings.outgoing.ca_file
    )
    workloads = _workloads(db, agents, roster, reports, probes, access, clock)
    jobs = _jobs(db, roster, reports, outbox, settings, clock)
    for load in (roster.load, reports.load, probes.load, workloads.load, jobs.load):
        await load()
    return Core(
        settings=settings,
        folder=folder,
        store_id=stores.identity.store_id,
        db=db,
        series=series,
        clock=clock,
        settled=settled,
        health=health,
        secret=secret,
        passwords=passwords,
        access=access,
        agents=agents,
        roster=roster,
        reports=reports,
        probes=probes,
        workloads=workloads,
        jobs=jobs,
        hub=Hub(shown),
        outbox=outbox,
        route=route,
        lookups=lookups,
        pipeline=pipeline,
        followers=followers,
        intake=Intake(probes.owners, pipeline),
        streams=Streams(series, clock),
        agent_watchers=[workloads.agents_changed, jobs.agents_changed],
        workspace_watchers=[],
    )


def _workloads(
    db: Database,
    agents: Agents,
    roster: Roster,
    reports: DocumentReports,
    probes: ProbesJoin,
    access: AccessJoin,
    clock: Clock,
) -> WorkloadsJoin:
    departures = Departures(
        agents, roster, probes.lists.neighbours_changed, access.agent_left, clock
    )
    return WorkloadsJoin(db, roster, reports, access.audit, departures, clock)


def _jobs(
    db: Database,
    roster: Roster,
    reports: DocumentReports,
    outbox: Outbox,
    settings: Settings,
    clock: Clock,
) -> JobsJoin:
    destinations = Destinations(allow_private=settings.alerts.allow_private_targets)
    notices = RunNotices(outbox, destinations.acceptable, settings.http.public_url)
    return JobsJoin(
        db, roster, reports, notices.tell, notices.check, clock, settings.jobs.kept_days
    )


def _route(settings: OutgoingSection) -> Route:
    """Raises WrongSettings."""
    check_trusted(settings.ca_file, "outgoing.ca_file")
    proxy = proxy_of(settings.proxy) if settings.proxy else None
    return Route(proxy, settings.proxy_resolves, settings.no_proxy)


def _secret(path: Path) -> bytes:
    """The key of this controller's tokens, made at the first start. Raises WrongSettings."""
    if not path.exists():
        files.replace(path, secrets.token_bytes(KEY_BYTES))
    secret = files.read(path, LARGEST_KEY, follow=True)
    if len(secret) < KEY_BYTES:
        raise WrongSettings(
            f"{path}: has {len(secret)} bytes, and the key of tokens needs {KEY_BYTES}: put the "
            "right file back, or remove it to have another made, which ends all sessions"
        )
    return secret
