"""Builds the controller out of its slices. The only module that knows all of them."""

import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import anyio
import msgspec
from litestar import Litestar, Router

import forepost
from forepost.controller.access.tokens import Passwords, Tokens
from forepost.controller.accounts.store import Accounts
from forepost.controller.alerts import api as alerts_api
from forepost.controller.alerts import rule_api
from forepost.controller.alerts.service import Alerting, AlertingNeeds, frame_of
from forepost.controller.asgi import Asgi
from forepost.controller.db.engine import Database
from forepost.controller.email_address import canonical
from forepost.controller.fleet import agent_api
from forepost.controller.fleet import api as fleet_api
from forepost.controller.fleet import socket as fleet_socket
from forepost.controller.fleet.enrol import Enrolment
from forepost.controller.fleet.needs import Needs
from forepost.controller.fleet.roster import Roster
from forepost.controller.fleet.running_lists import RunningLists
from forepost.controller.fleet.store import Agents
from forepost.controller.joins.access import AccessJoin
from forepost.controller.joins.flows import TrafficJoin
from forepost.controller.joins.metrics import Metrics
from forepost.controller.joins.probe_lists import ProbeLists
from forepost.controller.joins.results import Intake
from forepost.controller.joins.speedtests import SpeedtestsJoin
from forepost.controller.joins.topology import TopologyJoin
from forepost.controller.live import socket as live_socket
from forepost.controller.live.hub import Hub
from forepost.controller.lookup import api as lookup_api
from forepost.controller.lookup.service import Lookups as LookupDesk
from forepost.controller.notify import api as notify_api
from forepost.controller.notify.destinations import Destinations
from forepost.controller.notify.outbox import Outbox
from forepost.controller.notify.senders import Senders
from forepost.controller.outgoing.calls import check_trusted
from forepost.controller.outgoing.route import Route
from forepost.controller.pipeline import Pipeline, each_in_turn
from forepost.controller.probes import api as probes_api
from forepost.controller.probes.addresses import Addresses
from forepost.controller.probes.copies import ProbeCopies
from forepost.controller.probes.likeness import Likeness
from forepost.controller.probes.owners import Owners
from forepost.controller.probes.situation import Situations
from forepost.controller.probes.store import Probes
from forepost.controller.results import api as results_api
from forepost.controller.results import related_api
from forepost.controller.results.rows import shown
from forepost.controller.results.streams import Streams
from forepost.controller.settings import OutgoingSection, Settings
from forepost.controller.sharing import api as sharing_api
from forepost.controller.sharing.access import ShareAccess
from forepost.controller.sharing.store import ShareLinks
from forepost.controller.speedtests import api as speedtests_api
from forepost.controller.speedtests.store import Speedtests
from forepost.controller.storage import archive
from forepost.controller.storage.settled_clock import SettledClock
from forepost.controller.storage.stores import Stores, open_stores
from forepost.controller.topology import api as topology_api
from forepost.controller.web.app import build as build_app
from forepost.controller.web.places import Places
from forepost.controller.web.quotas import Quotas
from forepost.controller.workspaces import api as workspaces_api
from forepost.controller.workspaces import invitations_api, members_api
from forepost.controller.workspaces.invitations import Invitations
from forepost.controller.workspaces.members import Members
from forepost.controller.workspaces.store import Workspaces
from forepost.kit import files
from forepost.kit.clock import Clock
from forepost.kit.errors import Invalid
from forepost.kit.folder_lock import FolderLock
from forepost.kit.health import Health
from forepost.kit.proxies import proxy_of
from forepost.kit.settings import WrongSettings
from forepost.wire.rest.bodies import SHORTEST_PASSWORD

RETENTION_TURN_SEC: Final = 3_600.0
KEY_BYTES: Final = 32
LARGEST_KEY: Final = 64 << 10

_log = logging.getLogger(__name__)


class Controller(msgspec.Struct, frozen=True):
    """What was built: the application, and what runs beside it."""

    app: Asgi
    http: Litestar
    services: dict[str, Callable[[], Any]]
    health: Health
    places: Places


@asynccontextmanager
async def build(
    settings: Settings, clock: Clock, *, adopt: bool = False
) -> AsyncIterator[Controller]:
    """Open the stores, join the slices; at the end keep what is in RAM and close the stores.

    `adopt`: metadata and series that are there are made one store. Raises Taken where another
    process has the data folder, and NotOneStore.
    """
    folder = files.private_folder(Path(settings.data.dir))
    with FolderLock.take(folder):
        archive.finish(folder)
        health = Health(logging.getLogger("forepost.controller"), clock)
        async with (
            open_stores(settings, folder, clock, health, adopt=adopt) as stores,
            _built(settings, folder, stores, clock, health) as controller,
        ):
            yield controller


@asynccontextmanager
async def _built(
    settings: Settings, folder: Path, stores: Stores, clock: Clock, health: Health
) -> AsyncIterator[Controller]:
    db, series, identity = stores.db, stores.series, stores.identity
    settled = SettledClock(folder, clock, health)
    secret = _secret(folder / "jwt.key")
    tokens, passwords = Tokens(secret, clock, identity.token_epoch), Passwords()
    entrance = AccessJoin(db, tokens, passwords, settings, clock)
    access = entrance.access
    agents, probes = Agents(db), Probes(db)
    roster, owners, hub = (
        Roster(agents, clock, settings.limits.agent_bytes_a_day),
        Owners(db),
        Hub(shown),
    )
    addresses = Addresses(db, clock)
    situations = Situations(db, addresses.of)
    lists = ProbeLists(situations, owners, roster, RunningLists(clock), secret)
    enrolment = Enrolment(agents, roster, passwords, clock, lists.neighbours_changed, secret)
    outbox = Outbox(clock)
    route = _route(settings.outgoing)
    sending = Senders.of(db, outbox, settings, clock, settled, route)
    destinations = Destinations(allow_private=settings.alerts.allow_private_targets)
    lookups = await LookupDesk.opened(
        db, settings.lookups, folder, clock, health, route, settings.outgoing.ca_file
    )
    desk = Alerting.of(
        AlertingNeeds(
            db=db,
            series=series,
            clock=clock,
            health=health,
            put=outbox.put,
            acceptable=destinations.acceptable,
            tell=lambda event, alert: hub.announce(alert.workspace_id, frame_of(event, alert)),
            last_seen=roster.last_seen,
            has_twin=lambda agent_id: roster.conflict_of(agent_id) is not None,
            panel_url=settings.http.public_url,
            check_sec=settings.alerts.check_sec,
            baseline_sec=settings.alerts.baseline_sec,
        )
    )
    flowing = TrafficJoin(db, series, roster, clock, settled, settings.flows)
    for load in (roster.load, owners.load, addresses.load, desk.load, flowing.load):
        await load()
    mapping = await TopologyJoin.opened(db, series, roster, addresses, hub, lists, clock)
    publish = each_in_turn(
        lambda _, rows: addresses.consider(rows),
        desk.consider,
        mapping.desk.consider,
        hub.publish,
        flowing.folding.consider,
    )
    pipeline = Pipeline(series, publish, clock, health, stores.has_room)
    ingest = Intake(owners, pipeline)

    reading = Streams(series, clock)
    share_door = ShareAccess(ShareLinks(db), passwords, entrance.share_tries, clock)
    speeding = SpeedtestsJoin(
        Speedtests(db), ingest, roster, situations.reach, hub.announce, clock, settings.speedtest
    )
    agent_socket = fleet_socket.endpoint(
        Needs(
            roster=roster,
            peers=entrance.peers,
            clock=clock,
            version=forepost.__version__,
            probes=lists,
            running=lists.running,
            neighbours_changed=lists.neighbours_changed,
            accept=ingest.accept,
            accept_now=ingest.accept_now,
            speedtests=speeding,
            groups=flowing.grouping,
            commits=ingest.commits,
            move_to=settings.uplink.move_to,
        )
    )
    app, http = build_app(
        routers=[
            *entrance.routers(),
            workspaces_api.routes(Workspaces(db), clock, access.forget, roster.workspace_gone),
            *_membership(db, outbox, settings, clock, entrance),
            fleet_api.routes(agents, roster, enrolment, clock, lists.affected, mapping.desk.forget),
            agent_api.routes(
                enrolment, roster, clock, entrance.peers, entrance.pin_tries, lookups.enrich
            ),
            probes_api.routes(
                probes,
                situations,
                ProbeCopies(db),
                lists.delivery,
                clock,
                mapping.told,
                mapping.touched,
            ),
            results_api.routes(series, probes.ids_in, reading),
            sharing_api.routes(
                share_door,
                sharing_api.Views(
                    agent=agents.get,
                    probes=probes.for_strangers,
                    reverse=situations.for_strangers,
                    rows=reading.rows,
                    chart=reading.chart,
                ),
                entrance.peers,
                clock,
            ),
            notify_api.routes(
                db, outbox, sending.store, desk.channels_of, clock, settings.http.public_url
            ),
            alerts_api.routes(desk, access.role_in, clock),
            alerts_api.workspace_routes(desk, clock),
            rule_api.routes(desk, clock),
            rule_api.window_routes(desk, clock),
            speedtests_api.routes(speeding.queue, speeding.offered),
            *flowing.routers(),
            lookup_api.routes(lookups),
            related_api.routes(series, Likeness(db)),
            topology_api.routes(mapping.desk),
        ],
        sockets={
            "/ws": agent_socket,
            "/ws/agent": agent_socket,
            "/ws/panel": live_socket.endpoint(hub, access, "flat"),
            "/ws/panel/raw": live_socket.endpoint(hub, access, "event"),
        },
        access=access,
        quotas=Quotas(db, settings.limits.most),
        around=entrance.around,
        health=health,
        look=stores.sole.look,
        metrics=Metrics(pipeline, roster, health, sending.worker, desk, mapping.desk.board),
    )
    entrance.learn(http)
    await _first_admin(settings, entrance.accounts, passwords, clock)

    async def retention() -> None:
        while True:
            oldest = (now := settled.now()) - timedelta(days=settings.data.retention_days)
            await series.forget(before_us=round(oldest.timestamp() * 1e6))
            await entrance.forget(now)
            await share_door.links.forget(oldest)
            await clock.sleep(RETENTION_TURN_SEC)

    services: dict[str, Callable[[], Any]] = {
        "health": health.run,
        "pipeline": pipeline.run,
        **stores.services,
        "roster": roster.run,
        "addresses": partial(addresses.run, lists.moved),
        "retention": retention,
        "settled time": settled.run,
        **flowing.services,
        **speeding.services,
        **mapping.services,
        **entrance.services,
        **desk.services,
        **lookups.services,
        "deliveries": sending.worker.run,
    }
    try:
        yield Controller(app, http, services, health, entrance.places)
    finally:
        with anyio.CancelScope(shield=True):
            await roster.flush()
            await entrance.flush()
            settled.keep()
            lookups.close()
            await flowing.flush()


def _route(settings: OutgoingSection) -> Route:
    """Raises WrongSettings."""
    check_trusted(settings.ca_file, "outgoing.ca_file")
    proxy = proxy_of(settings.proxy) if settings.proxy else None
    return Route(proxy, settings.proxy_resolves, settings.no_proxy)


def _membership(
    db: Database, outbox: Outbox, settings: Settings, clock: Clock, entrance: AccessJoin
) -> list[Router]:
    changed = entrance.access.forget
    invitations = Invitations(
        db,
        outbox.put_mail if settings.mail.host else None,
        settings.http.public_url,
        trust_addresses=settings.http.trust_addresses,
    )
    return [
        members_api.routes(Members(db), invitations, clock, changed),
        invitations_api.routes(invitations, clock, changed, entrance.open_account),
    ]


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


async def _first_admin(
    settings: Settings, accounts: Accounts, passwords: Passwords, clock: Clock
) -> None:
    if await accounts.any():
        return
    if not settings.admin.email:
        if not settings.http.registration:
            _log.warning("there is no account yet: forepost user add EMAIL --admin makes one")
        return
    if len(settings.admin.password) < SHORTEST_PASSWORD:
        raise WrongSettings(f"admin.password: needs at least {SHORTEST_PASSWORD} characters")
    try:
        email = canonical(settings.admin.email, "admin.email")
    except Invalid as error:
        raise WrongSettings(str(error)) from None
    await accounts.add(
        email=email,
        name="Admin",
        password_hash=await passwords.hash(settings.admin.password),
        now=clock.now(),
        role="SITE_ADMIN",
        verified=True,
    )
    _log.info("first admin: %s", settings.admin.email)
