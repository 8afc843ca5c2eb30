"""Builds the controller out of its subjects: opens them, joins them, and closes them in order."""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import chain
from pathlib import Path
from typing import Any, Final

import anyio
import msgspec
from litestar import Litestar

from forepost.controller.asgi import Asgi
from forepost.controller.joins import core as core_join
from forepost.controller.joins import fleet
from forepost.controller.joins.built import Built
from forepost.controller.joins.core import Core
from forepost.controller.joins.first_admin import first_admin
from forepost.controller.joins.metrics import Metrics
from forepost.controller.joins.subjects import SUBJECTS, Build
from forepost.controller.settings import Settings
from forepost.controller.storage import archive
from forepost.controller.storage.stores import Stores, open_stores
from forepost.controller.web.app import build as build_app
from forepost.controller.web.places import Places
from forepost.controller.web.quotas import Quotas
from forepost.kit import files
from forepost.kit.clock import Clock
from forepost.kit.folder_lock import FolderLock
from forepost.kit.health import Health

RETENTION_TURN_SEC: Final = 3_600.0


class Controller(msgspec.Struct, frozen=True):
    """What was built: the application, and what runs beside it."""

    app: Asgi
    http: Litestar
    services: dict[str, Callable[[], Any]]
    health: Health
    places: Places


@asynccontextmanager
async def build(
    settings: Settings,
    clock: Clock,
    *,
    adopt: bool = False,
    subjects: Sequence[Build] = SUBJECTS,
) -> AsyncIterator[Controller]:
    """Open the stores, join the subjects; at the end keep what is in RAM and close the stores.

    `adopt`: metadata and series that are there are made one store. Raises WrongSettings, Taken
    where another process has the data folder, and NotOneStore.
    """
    folder = files.private_folder(Path(settings.data.dir))
    with FolderLock.take(folder):
        archive.finish(folder)
        health = Health(logging.getLogger("forepost.controller"), clock)
        async with open_stores(settings, folder, clock, health, adopt=adopt) as stores:
            core = await core_join.opened(settings, folder, stores, clock, health)
            parts = [core.access.built(), core.probes.built(), core.workloads.built()]
            parts += [core.jobs.built(), core.jobs.relay(settings.jobs).built()]
            parts += [await subject(core) for subject in subjects]
            parts.append(fleet.built(core, parts))
            core.followers.extend(chain.from_iterable(part.followers for part in parts))
            controller = _joined(core, stores, parts)
            await first_admin(settings, core.access.accounts, core.passwords, clock)
            try:
                yield controller
            finally:
                with anyio.CancelScope(shield=True):
                    await _flush(core, parts)


def _joined(core: Core, stores: Stores, parts: Sequence[Built]) -> Controller:
    app, http = build_app(
        routers=[*chain.from_iterable(part.routers for part in parts)],
        sockets={path: socket for part in parts for path, socket in part.sockets.items()},
        access=core.access.access,
        quotas=Quotas(core.db, core.settings.limits.most),
        around=core.access.around,
        origins=core.access.origins,
        health=core.health,
        look=stores.sole.look,
        clock=core.clock,
        metrics=Metrics([*chain.from_iterable(part.figures for part in parts)]),
    )
    core.access.learn(http)

    async def retention() -> None:
        while True:
            now = core.settled.now()
            for part in parts:
                if part.forget is not None:
                    await part.forget(now)
            await core.clock.sleep(RETENTION_TURN_SEC)

    services: dict[str, Callable[[], Any]] = {
        "health": core.health.run,
        "settled time": core.settled.run,
        "retention": retention,
        **stores.services,
    }
    for part in parts:
        services |= part.services
    return Controller(app, http, services, core.health, core.access.places)


async def _flush(core: Core, parts: Sequence[Built]) -> None:
    """Those that others stand on come last. One that fails does not keep the others from it."""
    faults: list[Exception] = []
    for part in reversed(parts):
        if part.flush is not None:
            try:
                await part.flush()
            except Exception as fault:  # noqa: BLE001 - raised below
                faults.append(fault)
    core.settled.keep()
    if faults:
        raise faults[0]
