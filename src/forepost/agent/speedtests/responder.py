"""Answers the speed tests of others, where the settings say so."""

import hashlib
from collections.abc import Callable
from typing import Final

import anyio

from forepost.agent.node import Identity
from forepost.agent.settings import SpeedtestSection
from forepost.kit.clock import Clock
from forepost.kit.speed import child
from forepost.kit.speed.responder import Config

MOST_SEC: Final = 60.0
"""Of one stream."""
LOOK_SEC: Final = 5.0


def key_of(identity: Identity | None) -> str:
    """What this agent shares with its controller: tickets are made with it."""
    return hashlib.sha256(identity.psk.encode()).hexdigest() if identity else ""


def host_and_port(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    return host.strip("[]"), int(port)


async def answer(
    settings: SpeedtestSection, identity: Callable[[], Identity | None], clock: Clock
) -> None:
    """For ever, with the key of the controller that this agent has now. Raises NotServed."""
    host, port = host_and_port(settings.listen)
    while True:
        key = key_of(identity())
        async with anyio.create_task_group() as tasks:
            if key or settings.token:
                config = Config(
                    host=host,
                    port=port,
                    key=key,
                    token=settings.token,
                    most_sec=MOST_SEC,
                    most_bytes=2 * settings.max_bytes,
                )
                tasks.start_soon(child.serve, config)
            while key_of(identity()) == key:
                await clock.sleep(LOOK_SEC)
            tasks.cancel_scope.cancel()
