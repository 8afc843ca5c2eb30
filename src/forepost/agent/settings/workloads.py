"""Microservices, and the API for them."""

from typing import Annotated, Literal

from msgspec import Meta

from forepost.kit.settings import Section


class LocalApiSection(Section, frozen=True, kw_only=True):
    """The Local API of ioFog, for containers and for programs of this host."""

    enabled: bool | None = None
    """Not said: where this agent runs workloads."""
    listen: Annotated[str, Meta(pattern="^.+:[0-9]{1,5}$", description="HOST:PORT")] = (
        "127.0.0.1:54321"
    )
    """Besides, it listens on the gateway of the containers' networks, on the same port."""
    token_file: str = ""
    """Made when it is missing; empty: `local-api` in `state_dir`."""
    containers: Literal["address", "token", "open"] = "address"
    """What shows which container asks: `address`, the one that it has; `token`, one of its own in
    its environment; `open`, nothing but what it says."""
    gps: Annotated[
        str, Meta(pattern=r"^(auto|off|-?[0-9.]+, ?-?[0-9.]+)$", description="auto, off or LAT,LON")
    ] = "off"
    """What `/v2/gps` says; `auto`: what the controller knows of this site."""


class WorkloadsSection(Section, frozen=True, kw_only=True):
    """What this site runs in containers, and what it lets a controller, or a file, ask for."""

    engine: Literal["off", "auto", "docker", "process"] = "off"
    """`auto`: Docker, or what speaks its API. `process`: no containers, supervised processes."""
    docker_url: Annotated[
        str, Meta(pattern="^(unix|tcp|http|https)://.+$", description="unix:// or tcp://")
    ] = "unix:///var/run/docker.sock"
    manifests: str = ""
    """The folder of this host's own manifests, one to a file; empty: `workloads.d` in
    `state_dir`."""
    allow_privileged: bool = False
    allow_host_network: bool = False
    allow_host_paths: Annotated[
        tuple[Annotated[str, Meta(pattern="^/", max_length=1_000)], ...], Meta(max_length=100)
    ] = ()
    """Folders and devices of this host that microservices may have: just these, none below."""
    allow_volumes: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...], Meta(max_length=100)
    ] = ()
    """Named volumes of others that microservices may have; "*": all."""
    allow_networks: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...], Meta(max_length=100)
    ] = ()
    """Networks of the engine that microservices may join, beside the usual one; "*": all."""
    allow_capabilities: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^[A-Z_]+\Z", max_length=40)], ...], Meta(max_length=64)
    ] = ()
    """What `cap_add` may name."""
    allow_users: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...], Meta(max_length=100)
    ] = ("nobody",)
    """Users of this host, by name, that processes may have where the agent is root."""
    prune_threshold_percent: Annotated[float, Meta(ge=0, le=100)] = 20
    """Old images are removed where less of the disk is free; 0: only when asked."""
    prune_hours: Annotated[float, Meta(ge=0, le=8_760)] = 0
    """And every so many hours; 0: not."""
