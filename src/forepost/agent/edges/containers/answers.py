"""The answers of Docker's API, as far as they are read."""

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def read(answer: Any, kind: type[T]) -> T:
    """Raises msgspec.ValidationError."""
    return msgspec.convert(answer, kind, strict=False)


class HealthState(msgspec.Struct, rename="pascal"):
    status: str = "none"


class ContainerState(msgspec.Struct, rename="pascal"):
    status: str
    started_at: str = ""
    finished_at: str = ""
    exit_code: int = 0
    pid: int = 0
    error: str = ""
    health: HealthState | None = None


class ContainerConfig(msgspec.Struct, rename="pascal"):
    labels: dict[str, str] | None = None
    image: str = ""
    tty: bool = False


class ContainerNetwork(msgspec.Struct, rename="pascal"):
    i_p_address: str = msgspec.field(default="", name="IPAddress")
    gateway: str = ""
    global_i_pv6_address: str = msgspec.field(default="", name="GlobalIPv6Address")
    i_pv6_gateway: str = msgspec.field(default="", name="IPv6Gateway")


class ContainerNetworks(msgspec.Struct, rename="pascal"):
    networks: dict[str, ContainerNetwork] | None = None


class InspectedContainer(msgspec.Struct, rename="pascal"):
    id: str
    state: ContainerState
    config: ContainerConfig
    image: str = ""
    restart_count: int = 0
    network_settings: ContainerNetworks = msgspec.field(default_factory=ContainerNetworks)


class CpuUsage(msgspec.Struct):
    total_usage: int = 0


class CpuStats(msgspec.Struct):
    cpu_usage: CpuUsage = msgspec.field(default_factory=CpuUsage)


class MemoryStats(msgspec.Struct):
    usage: int = 0
    stats: dict[str, int] | None = None


class ContainerStats(msgspec.Struct):
    cpu_stats: CpuStats = msgspec.field(default_factory=CpuStats)
    memory_stats: MemoryStats = msgspec.field(default_factory=MemoryStats)


class InspectedImage(msgspec.Struct, rename="pascal"):
    id: str
    repo_tags: list[str] | None = None
    size: int = 0
    architecture: str = ""


class ListedContainer(msgspec.Struct, rename="pascal"):
    id: str
    state: str
    labels: dict[str, str] | None = None
    image: str = ""
    image_i_d: str = msgspec.field(default="", name="ImageID")


class EngineInfo(msgspec.Struct, rename="pascal"):
    docker_root_dir: str = ""
    architecture: str = ""


class NetworkRange(msgspec.Struct, rename="pascal"):
    gateway: str = ""


class NetworkAddresses(msgspec.Struct, rename="pascal"):
    config: list[NetworkRange] | None = None


class InspectedNetwork(msgspec.Struct, rename="pascal"):
    id: str = ""
    name: str = ""
    i_p_a_m: NetworkAddresses = msgspec.field(default_factory=NetworkAddresses, name="IPAM")


class PullDetail(msgspec.Struct):
    current: int = 0
    total: int = 0


class PullError(msgspec.Struct):
    message: str = ""


class PullProgress(msgspec.Struct, rename="camel"):
    id: str = ""
    status: str = ""
    error: str = ""
    error_detail: PullError | None = None
    progress_detail: PullDetail = msgspec.field(default_factory=PullDetail)


class EventActor(msgspec.Struct, rename="pascal"):
    attributes: dict[str, str] | None = None


class ContainerEvent(msgspec.Struct, rename="pascal"):
    action: str = ""
    actor: EventActor = msgspec.field(default_factory=EventActor)
