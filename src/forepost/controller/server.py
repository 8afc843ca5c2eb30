"""Serves a built controller on its port until it is told to stop."""

import logging
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import anyio
import uvicorn

from forepost.controller.main import Controller, build
from forepost.controller.settings import Settings
from forepost.controller.web.http_listener import HttpListener
from forepost.controller.web.listener import Listener
from forepost.kit.clock import Clock, SystemClock
from forepost.kit.listeners import bound_all, listed
from forepost.kit.tasks import keep
from forepost.kit.watchdog import STUCK_SEC, Watchdog

LARGEST_MESSAGE: Final = 1 << 20

_log = logging.getLogger(__name__)


async def serve(
    settings: Settings,
    started: Callable[[], None],
    stuck_sec: float = STUCK_SEC,
    *,
    adopt: bool = False,
) -> None:
    """Run until SIGINT or SIGTERM; `started` is called when the port is open. `adopt`: as `build`
    takes it.
    """
    clock = SystemClock()
    dog = Watchdog(clock, stuck_sec=stuck_sec)
    # Before anything is opened: a port that is taken is said at once.
    with bound_all(listed(settings.http.listen, "http.listen"), "http.listen") as listening:
        async with build(settings, clock, adopt=adopt) as controller:
            await _serve(controller, listening, clock, started, dog, settings.http.ping_sec)


async def _serve(
    controller: Controller,
    listening: list[socket.socket],
    clock: Clock,
    started: Callable[[], None],
    dog: Watchdog,
    ping_sec: float,
) -> None:
    async with anyio.create_task_group() as tasks:
        config = uvicorn.Config(
            controller.app,
            http=partial(HttpListener, controller.places),  # type: ignore[arg-type]
            ws=Listener,
            ws_max_size=LARGEST_MESSAGE,
            ws_ping_interval=ping_sec,
            ws_ping_timeout=2 * ping_sec,
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=5,
        )
        server = _Server(config, started, dog)
        tasks.start_soon(dog.run)
        for name, service in controller.services.items():
            tasks.start_soon(keep, name, service, clock, controller.health)
        tasks.start_soon(_stop_on_signal, server, dog)
        await server.serve(sockets=listening)
        tasks.cancel_scope.cancel()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None], dog: Watchdog) -> None:
        super().__init__(config)
        self._when_started, self._dog = started, dog

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._when_started()
            self._dog.ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Uvicorn would raise them again at its end and cut off our own."""
        yield


async def _stop_on_signal(server: uvicorn.Server, dog: Watchdog) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for received in signals:
            _log.info("%s: stopping", received.name)
            dog.stopping()
            if server.should_exit:
                server.force_exit = True
            server.should_exit = True
