"""What an ioFog Controller answers, tolerantly read: nulls, and what is new, are no fault."""

from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

MOST: Final = 200
"""Microservices, and registries, of one agent."""


class Answered(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Base: camelCase; unknown fields are passed over."""


class IofogChanges(Answered, frozen=True, kw_only=True):
    """`GET agent/config/changes`: what is new since it was taken note of. null: nothing."""

    config: bool | None = None
    version: bool | None = None
    reboot: bool | None = None
    delete_node: bool | None = None
    microservice_list: bool | None = None
    microservice_config: bool | None = None
    routing: bool | None = None
    registries: bool | None = None
    prune: bool | None = None
    linked_edge_resources: bool | None = None
    volume_mounts: bool | None = None
    last_updated: str | None = None


class IofogPort(Answered, frozen=True, kw_only=True):
    port_internal: int
    port_external: int
    is_udp: bool | None = None


class IofogVolume(Answered, frozen=True, kw_only=True):
    host_destination: str
    container_destination: str
    access_mode: str | None = None
    type: str | None = None


class IofogEnv(Answered, frozen=True, kw_only=True):
    key: str
    value: str | None = None


class IofogHealthCheck(Answered, frozen=True, kw_only=True):
    """Times in seconds."""

    test: list[str] | str | None = None
    interval: float | None = None
    timeout: float | None = None
    retries: int | None = None


class IofogMicroservice(Answered, frozen=True, kw_only=True):
    """Of 3.0 and 3.7 together."""

    uuid: str
    image_id: str | None = None
    name: str | None = None
    config: str | None = None
    rebuild: bool | None = None
    root_host_access: bool | None = None
    host_network_mode: bool | None = None
    is_privileged: bool | None = None
    log_size: float | None = None
    """MB."""
    registry_id: int | None = None
    port_mappings: list[IofogPort] | None = None
    volume_mappings: list[IofogVolume] | None = None
    delete: bool | None = None
    env: list[IofogEnv] | None = None
    extra_hosts: list[str] | None = None
    cmd: list[str] | None = None
    routes: list[str] | None = None
    memory_limit: float | None = None
    """MB."""
    cap_add: list[str] | None = None
    cap_drop: list[str] | None = None
    run_as_user: str | int | None = None
    health_check: IofogHealthCheck | None = None


class IofogMicroservices(Answered, frozen=True, kw_only=True):
    """`GET agent/microservices`: each is opened by itself."""

    microservices: Annotated[list[msgspec.Raw], Meta(max_length=MOST)] | None = None


class IofogRegistry(Answered, frozen=True, kw_only=True):
    id: int
    url: str
    username: str | None = None
    password: str | None = None


class IofogRegistries(Answered, frozen=True, kw_only=True):
    """`GET agent/registries`."""

    registries: Annotated[list[IofogRegistry], Meta(max_length=MOST)] | None = None


class IofogEdgeResources(Answered, frozen=True, kw_only=True):
    """`GET agent/edgeResources`: handed on to containers as they are."""

    edge_resources: list[dict[str, Any]] | None = None


class IofogProvisioned(Answered, frozen=True, kw_only=True):
    """`POST agent/provision`: a token by 3.0, a private key by 3.7."""

    uuid: str
    token: str | None = None
    private_key: str | None = None


class IofogRefusal(Answered, frozen=True, kw_only=True):
    name: str = ""
    message: str = ""
