"""Builds the controller out of its slices. The only module that knows all of them."""

import logging
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import anyio
import msgspec
from litestar import Litestar

import forepost
from forepost.controller.access import Access, canonical
from forepost.controller.accounts import api as accounts_api
from forepost.controller.accounts.store import Accounts
from forepost.controller.app import build as build_app
from forepost.controller.asgi import Asgi
from forepost.controller.db.engine import Database
from forepost.controller.fleet import agent_api
from forepost.controller.fleet import api as fleet_api
from forepost.controller.fleet import socket as fleet_socket
from forepost.controller.fleet.enrol import Enrolment
from forepost.controller.fleet.roster import Roster
from forepost.controller.fleet.store import Agents
from forepost.controller.ingest import Ingest
from forepost.controller.live import socket as live_socket
from forepost.controller.live.hub import Hub
from forepost.controller.metrics import Metrics
from forepost.controller.pipeline import Pipeline
from forepost.controller.probes import api as probes_api
from forepost.controller.probes.store import Probes
from forepost.controller.probes.wanted import Owners, revision, wanted
from forepost.controller.results import api as results_api
from forepost.controller.results.rows import shown
from forepost.controller.series.port import Series
from forepost.controller.series.sqlite import SqliteSeries
from forepost.controller.settings import Settings
from forepost.controller.tokens import Passwords, Tokens
from forepost.controller.workspaces import api as workspaces_api
from forepost.controller.workspaces.members import Members
from forepost.controller.workspaces.store import Workspaces
from forepost.kit import files
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.kit.settings import WrongSettings
from forepost.wire.probes import Probe
from forepost.wire.rest import SHORTEST_PASSWORD

RETENTION_TURN_SEC: Final = 3_600.0

_log = logging.getLogger(__name__)


class Controller(msgspec.Struct, frozen=True):
    """What was built: the application, and what runs beside it."""

    app: Asgi
    http: Litestar
    services: dict[str, Callable[[], Any]]
    health: Health


@asynccontextmanager
async def build(settings: Settings, clock: Clock) -> AsyncIterator[Controller]:
    """Open the stores, join the slices; at the end keep what is in RAM and close the stores."""
    folder = files.private_folder(Path(settings.data.dir))
    health = Health(logging.getLogger("forepost.controller"))
    db = Database.at(settings.database_url)
    await db.migrate()
    series = await SqliteSeries.open(folder / "series.sqlite", clock, health)

    tokens, passwords = Tokens(_secret(folder / "jwt.key"), clock), Passwords()
    access = Access(db, tokens)
    accounts, agents, probes = Accounts(db), Agents(db), Probes(db)
    roster, owners, hub = Roster(agents, clock), Owners(probes), Hub(shown)
    enrolment = Enrolment(agents, roster, passwords, clock)
    await roster.load()
    await owners.load()
    pipeline = Pipeline(series, hub.publish, clock, health)
    ingest = Ingest(owners, pipeline)

    async def probes_of(workspace_id: int, agent_id: int) -> tuple[str, list[Probe]]:
        own = await probes.of_agent(workspace_id, agent_id)
        found = wanted(own, workspace_id, agent_id)
        return revision(found), found

    def probe_changed(agent_id: int, probe_id: int) -> None:
        roster.tell(agent_id, lambda connection: connection.probes_changed(probe_id))

    deps = fleet_socket.Deps(
        roster=roster,
        clock=clock,
        version=forepost.__version__,
        probes_of=probes_of,
        accept=ingest.accept,
        accept_now=ingest.accept_now,
    )
    agent_socket = fleet_socket.endpoint(deps)
    app, http = build_app(
        routers=[
            accounts_api.routes(accounts, passwords, tokens, clock, settings),
            workspaces_api.routes(Workspaces(db), Members(db), clock, access.forget),
            fleet_api.routes(agents, roster, enrolment, clock),
            agent_api.routes(enrolment, roster, clock),
            probes_api.routes(probes, owners, clock, probe_changed),
            results_api.routes(series, probes.ids_in, clock),
        ],
        sockets={
            "/ws": agent_socket,
            "/ws/agent": agent_socket,
            "/ws/panel": live_socket.endpoint(hub, access),
        },
        access=access,
        health=health,
        metrics=Metrics(pipeline, roster, health),
    )
    await _first_admin(settings, accounts, passwords, clock)

    async def retention() -> None:
        while True:
            oldest = clock.now() - timedelta(days=settings.data.retention_days)
            await series.forget(before_us=round(oldest.timestamp() * 1e6))
            await clock.sleep(RETENTION_TURN_SEC)

    services = {"pipeline": pipeline.run, "roster": roster.run, "retention": retention}
    try:
        yield Controller(app, http, services, health)
    finally:
        with anyio.CancelScope(shield=True):
            await roster.flush()
            await _close(series, db)


def _secret(path: Path) -> bytes:
    """The key of this controller's tokens, made at the first start."""
    if not path.exists():
        files.replace(path, secrets.token_bytes(32))
    return path.read_bytes()


async def _first_admin(
    settings: Settings, accounts: Accounts, passwords: Passwords, clock: Clock
) -> None:
    if not settings.admin.email or await accounts.any():
        return
    if len(settings.admin.password) < SHORTEST_PASSWORD:
        raise WrongSettings(f"admin.password: needs at least {SHORTEST_PASSWORD} characters")
    await accounts.add(
        email=canonical(settings.admin.email),
        name="Admin",
        password_hash=await passwords.hash(settings.admin.password),
        now=clock.now(),
        role="SITE_ADMIN",
    )
    _log.info("first admin: %s", settings.admin.email)


async def _close(series: Series, db: Database) -> None:
    await series.close()
    await db.close()
