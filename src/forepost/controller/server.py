"""Serves a built controller on its port until it is told to stop."""

import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import anyio
import uvicorn

from forepost.controller.listener import Listener
from forepost.controller.main import build
from forepost.controller.settings import Settings
from forepost.kit.clock import SystemClock
from forepost.kit.settings import WrongSettings
from forepost.kit.tasks import keep

LARGEST_MESSAGE: Final = 1 << 20
PING_SEC: Final = 20.0
"""An agent that is silent for three of these is gone; it speaks every 30 s by itself."""

_log = logging.getLogger(__name__)


async def serve(settings: Settings, started: Callable[[], None], adopt: bool) -> None:
    """Run until SIGINT or SIGTERM; `started` is called when the port is open. `adopt`: as `build`
    takes it.
    """
    clock = SystemClock()
    host, port = _listen(settings.http.listen)
    building = build(settings, clock, adopt=adopt)
    async with building as controller, anyio.create_task_group() as tasks:
        config = uvicorn.Config(
            controller.app,
            host=host,
            port=port,
            http="httptools",
            ws=Listener,
            ws_max_size=LARGEST_MESSAGE,
            ws_ping_interval=PING_SEC,
            ws_ping_timeout=2 * PING_SEC,
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=5,
        )
        server = _Server(config, started)
        for name, service in controller.services.items():
            tasks.start_soon(keep, name, service, clock, controller.health)
        tasks.start_soon(_stop_on_signal, server)
        await server.serve()
        tasks.cancel_scope.cancel()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._when_started = started

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._when_started()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Uvicorn would raise them again at its end and cut off our own."""
        yield


async def _stop_on_signal(server: uvicorn.Server) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for received in signals:
            _log.info("%s: stopping", received.name)
            if server.should_exit:
                server.force_exit = True
            server.should_exit = True


def _listen(text: str) -> tuple[str, int]:
    host, found, port = text.rpartition(":")
    if not found or not port.isdigit():
        raise WrongSettings(f"http.listen: {text!r} is not HOST:PORT")
    return host.strip("[]"), int(port)
