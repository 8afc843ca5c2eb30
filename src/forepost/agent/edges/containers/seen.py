"""Containers of this agent, out of what Docker's API answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal, cast, get_args

import msgspec
from aiodocker.containers import DockerContainer

from forepost.agent.cores.container_body import (
    BESIDE,
    FINGERPRINT,
    LOCK,
    NAME,
    REPLACES,
    UUID,
)
from forepost.agent.cores.container_log import log_time
from forepost.agent.edges.containers.answers import (
    ContainerConfig,
    ContainerState,
    InspectedContainer,
    ListedContainer,
    read,
)
from forepost.agent.ports.containers import EngineAway, SeenContainer

MOVED: Final = "-moved"
"""Ends the fingerprint of a container that looks for this host where it is not any more: it is to
be made anew, as one of another manifest is."""
_State = Literal["created", "running", "restarting", "paused", "exited", "dead", "removing"]
_STATES: Final[Mapping[str, _State]] = {
    **{one: one for one in get_args(_State)},
    # of Podman
    "configured": "created",
    "initialized": "created",
    "stopping": "running",
    "stopped": "exited",
}
"""Any other is taken for `exited`: starting what runs does nothing."""


def seen(container: InspectedContainer, *, has_moved: bool = False) -> SeenContainer:
    """One that the engine shows in full. `has_moved`: it knows this host by a former address."""
    labels = container.config.labels or {}
    state = container.state
    health = state.health.status if state.health is not None else "none"
    is_up = state.status in ("running", "restarting", "paused")
    networks = (container.network_settings.networks or {}).values() if is_up else ()
    return SeenContainer(
        container_id=container.id,
        uuid=labels.get(UUID, ""),
        fingerprint=labels.get(FINGERPRINT, "") + (MOVED if has_moved else ""),
        replaces=labels.get(REPLACES, ""),
        beside=labels.get(BESIDE) == "yes",
        lock=labels.get(LOCK, ""),
        name=labels.get(NAME, ""),
        image=container.config.image,
        image_id=container.image,
        state=_STATES.get(state.status, "exited"),
        health=cast(
            "Literal['none', 'starting', 'healthy', 'unhealthy']",
            health if health in ("starting", "healthy", "unhealthy") else "none",
        ),
        restarts=container.restart_count,
        exit_code=state.exit_code,
        pid=state.pid if is_up else 0,
        error=state.error,
        started_at=_time(state.started_at),
        finished_at=_time(state.finished_at),
        addresses=tuple(
            address
            for one in networks
            for address in (one.i_p_address, one.global_i_pv6_address)
            if address
        ),
        gateways=tuple(
            address for one in networks for address in (one.gateway, one.i_pv6_gateway) if address
        ),
    )


def listed(found: DockerContainer) -> SeenContainer:
    """One that the engine cannot show in full, as it is in the list: it keeps nobody from seeing
    the others.
    """
    fields = ("Id", "Labels", "State", "Image", "ImageID")
    said = {field: found[field] for field in fields if field in found}
    try:
        one = read(said, ListedContainer)
    except msgspec.ValidationError as error:
        raise EngineAway(f"its answer is not understood: {error}") from error
    return seen(
        InspectedContainer(
            id=one.id,
            state=ContainerState(status=one.state),
            config=ContainerConfig(labels=one.labels, image=one.image),
            image=one.image_i_d,
        )
    )


def _time(text: str) -> datetime | None:
    at = log_time(text)
    return at if at is not None and at.year > 1 else None
