"""The agent's settings: one TOML file, or `FOREPOST_SECTION__KEY` in the environment."""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta

from forepost.agent.cores.permission import Permission
from forepost.agent.line import controller_address
from forepost.agent.way import Way
from forepost.kit.listeners import host_port
from forepost.kit.proxies import NONE, Proxy, WrongProxy, proxy_for, proxy_of
from forepost.kit.settings import Section, load


class NodeSection(Section, frozen=True, kw_only=True):
    name: str = ""
    """What this host is called; empty: its host name."""
    state_dir: str = "/var/lib/forepost/agent"


class UplinkSection(Section, frozen=True, kw_only=True):
    url: str = ""
    """`http://` or `https://` address of the controller; empty: the agent runs alone."""
    workspace_id: Annotated[int, Meta(ge=0)] = 0
    agent_id: Annotated[int, Meta(ge=0)] = 0
    pin: str = ""
    """Used once, for a PSK that is kept in `state_dir`."""
    allow_plain: bool = False
    """Whether the key may go over `http://` to a host that is not this one."""
    pin_sha256: Annotated[
        str, Meta(pattern="^([0-9a-f]{64})?$", description="64 hex digits in small letters")
    ] = ""
    """SHA-256 of the public key of the controller's certificate, in hex; it alone says who the
    controller is. Empty: certificate authorities do.
    """
    ca_file: str = ""
    """Certificate authorities (PEM) that say who the controller is, instead of the system's."""
    proxy: str = ""
    """`http://`, `socks5://` or `socks5h://` [USER:PASSWORD@]HOST:PORT; empty: what the environment
    says, "none": no proxy whatever it says.
    """
    ping_sec: Annotated[float, Meta(ge=5, le=40)] = 30.0
    """How often the controller is asked for a word where there is nothing to say. A line on which
    nothing is heard for a minute is given up: so it cannot be longer.
    """
    client_cert_file: str = ""
    """Shown to whoever asks for it on the way to the controller; PEM."""
    client_key_file: str = ""
    """Empty: the key is in `client_cert_file`."""
    may_move: bool = True
    """Whether the controller may name another address of its own."""

    def __post_init__(self) -> None:
        try:
            if self.url:
                controller_address(self.url)
        except ValueError as wrong:
            raise ValueError(f"url: {wrong}") from None
        if self.proxy and self.proxy != NONE:
            try:
                proxy_of(self.proxy)
            except WrongProxy as wrong:
                raise ValueError(f"proxy: {wrong}") from None
        if self.client_key_file and not self.client_cert_file:
            raise ValueError("client_key_file: needs client_cert_file")

    @property
    def way(self) -> Way:
        return Way(
            proxy=self.proxy,
            ca_file=self.ca_file,
            client_cert_file=self.client_cert_file,
            client_key_file=self.client_key_file,
        )


class SpoolSection(Section, frozen=True, kw_only=True):
    """Bounds of what waits on disk, where the oldest give way first; and how it is sent."""

    max_bytes: Annotated[int, Meta(ge=1 << 20)] = 256 << 20
    max_age_sec: Annotated[int, Meta(ge=3_600)] = 30 * 86_400
    sync_sec: Annotated[int, Meta(ge=0, le=3_600)] = 5
    """How long a result may wait in memory for its acknowledgement before it is written; 0: not at
    all. Without a connection it never does."""
    backlog: Literal["oldest", "newest"] = "oldest"
    """Which outage goes first, of what waits from before a connection."""


class SpeedtestServerSection(Section, frozen=True, kw_only=True):
    """A LibreSpeed server; it is asked only when a test is."""

    id: Annotated[str, Meta(min_length=1, max_length=64)]
    url: Annotated[str, Meta(pattern="^https?://", max_length=500)]
    name: str = ""
    sponsor: str = ""
    country: str = ""
    lat: str = ""
    lon: str = ""
    download: str = "garbage.php"
    """Below `url`, as the next two."""
    upload: str = "empty.php"
    ping: str = "empty.php"


class SpeedtestSection(Section, frozen=True, kw_only=True):
    """What speed tests may use, and whether this agent answers those of others."""

    listen: Annotated[str, Meta(pattern="^(|.+:[1-9][0-9]{0,4})$", description="HOST:PORT")] = ""
    """Address and port where tests of others are answered; empty: they are not."""
    token: str = ""
    """Who has it may test against `listen` without a controller; empty: nobody may."""
    servers: Annotated[tuple[SpeedtestServerSection, ...], Meta(max_length=50)] = ()
    streams: Annotated[int, Meta(ge=1, le=32)] = 4
    duration_sec: Annotated[float, Meta(ge=0.5, le=60)] = 8.0
    """Of each way."""
    max_bytes: Annotated[int, Meta(ge=1 << 20)] = 10_000_000_000
    """Of each way; a test that is answered gets twice as much at most."""
    interface: str = ""
    idle_mbps: Annotated[float, Meta(ge=0)] = 0.0
    """A test waits until all interfaces together move less; 0: it does not wait."""
    idle_sec: Annotated[float, Meta(ge=1, le=600)] = 5.0
    """For how long they have to."""
    idle_wait_sec: Annotated[float, Meta(ge=1, le=600)] = 60.0
    """After which the test is run all the same, and its result says so."""


class ProbesSection(Section, frozen=True, kw_only=True):
    """What this site lets its probes reach, whatever a controller wants (cores/permission.py)."""

    allow: Annotated[tuple[Annotated[str, Meta(max_length=200)], ...], Meta(max_length=1_000)] = ()
    """Rules; where there are any, what is in none of them is denied."""
    deny: Annotated[tuple[Annotated[str, Meta(max_length=200)], ...], Meta(max_length=1_000)] = ()
    """Rules; they go before `allow`."""
    allow_link_local: bool = False
    """Whether HTTP, TCP and TLS may reach addresses where clouds keep credentials."""
    max_packets_per_sec: Annotated[int, Meta(ge=1, le=20_000)] = 20_000
    """Of all probes together."""

    def __post_init__(self) -> None:
        self.permission()

    def permission(self) -> Permission:
        """Raises WrongPermission, which is a ValueError."""
        return Permission(self.allow, self.deny, link_local=self.allow_link_local)


class SocketSection(Section, frozen=True, kw_only=True):
    """The Unix socket with the API of the Netify Agent."""

    path: str = ""
    """Empty: there is none."""
    group: str = ""
    """Whose members may use it besides this user; empty: this user's."""
    pretty: bool = False
    """Answers in many lines."""
    address_groups: str = ""
    """The folder of saved groups; empty: `address-groups.d` in `state_dir`."""


class FlowRule(Section, frozen=True, kw_only=True):
    """Names the application of flows: all that it says must hold; the first that does counts."""

    application: Annotated[str, Meta(min_length=1, max_length=100)]
    server_name: Annotated[str, Meta(max_length=253)] = ""
    """A name and everything under it: "example.com" is also "www.example.com"."""
    prefix: Annotated[str, Meta(max_length=64)] = ""
    """Of the other side."""
    port: Annotated[int, Meta(ge=0, le=65_535)] = 0
    """Of the other side; 0: any."""
    protocol: Literal["", "tcp", "udp"] = ""


class SinkSection(Section, frozen=True, kw_only=True):
    """Where telemetry of flows goes."""

    kind: Literal["log", "socket", "http", "mqtt"]
    path: str = ""
    """`log`: the file. `socket`: a Unix socket to listen on."""
    listen: Annotated[str, Meta(pattern="^(|.+:[1-9][0-9]{0,4})$", description="HOST:PORT")] = ""
    """`socket`: address and port to listen on, where there is no path."""
    group: str = ""
    """`socket`: whose members may connect to the path."""
    url: Annotated[str, Meta(pattern="^(|(https?|mqtts?)://.+)$", max_length=2_000)] = ""
    """`http`: where arrays of records are POSTed to. `mqtt`: mqtt(s)://[USER:PASSWORD@]HOST[:PORT]."""
    topic: Annotated[str, Meta(min_length=1, max_length=200, pattern="^[^#+]+$")] = "forepost/flows"
    """`mqtt`: records are published below it, by their type."""
    ca_file: str = ""
    """`http`, `mqtt`: authorities (PEM) that say who is there, instead of the system's."""
    proxy: str = ""
    """`http`, `mqtt`: as `uplink.proxy`, but the environment has no say."""
    token: str = ""
    """`http`: sent as `Authorization: Bearer`."""
    records: Annotated[tuple[str, ...], Meta(max_length=20)] = ()
    """Types of records; none named: all of them."""
    max_bytes: Annotated[int, Meta(ge=1 << 16)] = 64 << 20
    """`log`: then a new file is begun."""
    keep: Annotated[int, Meta(ge=0, le=100)] = 4
    """`log`: old files."""

    def __post_init__(self) -> None:
        place = {"log": self.path, "socket": self.path or self.listen}.get(self.kind, self.url)
        if not place:
            needs = {"log": "path", "socket": "path or listen"}.get(self.kind, "url")
            raise ValueError(f"{self.kind}: needs {needs}")
        if self.kind in ("http", "mqtt") and not self.url.startswith(self.kind):
            raise ValueError(f"{self.kind}: url: {self.url!r} is of another kind")
        self.through()

    @property
    def place(self) -> str:
        """Where it is, without what somebody may not know."""
        if self.path or self.listen:
            return self.path or self.listen
        url = urlsplit(self.url)
        return f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"

    def through(self) -> Proxy | None:
        """Raises ValueError."""
        try:
            return proxy_for(self.proxy or NONE, self.url)
        except WrongProxy as wrong:
            raise ValueError(f"{self.kind}: proxy: {wrong}") from None

    def tls(self) -> ssl.SSLContext:
        """Raises ValueError."""
        try:
            return ssl.create_default_context(cafile=self.ca_file or None)
        except OSError as error:
            reason = error.strerror or str(error)
            raise ValueError(f"{self.kind}: ca_file: {self.ca_file}: {reason}") from None


class FlowsSection(Section, frozen=True, kw_only=True):
    """Whose traffic is metered, and how."""

    interfaces: Annotated[tuple[str, ...], Meta(max_length=64)] = ()
    """NAME, or NAME@NAMESPACE (of `ip netns`); none: nothing is metered."""
    backend: Literal["auto", "ebpf", "ring"] = "auto"
    """Where packets are counted: in the kernel, or in the meter; `auto`: the first that may be."""
    update_interval: Annotated[float, Meta(ge=1, le=3_600)] = 15
    """Seconds between two readings of the counters."""
    ttl_idle_flow: Annotated[float, Meta(ge=1, le=86_400)] = 30
    """Seconds; also of TCP that has begun to close."""
    ttl_idle_tcp_flow: Annotated[float, Meta(ge=1, le=86_400)] = 300
    max_flows: Annotated[int, Meta(ge=16, le=1 << 22)] = 262_144
    """Of one interface; what comes beyond is counted apart."""
    inspect: Annotated[int, Meta(ge=0, le=64)] = 6
    """Packets with data, of each direction of a flow, in which names are looked for."""
    ndpi: bool = False
    """Names of applications by nDPI, besides our own parsers."""
    local: Annotated[tuple[str, ...], Meta(max_length=1_000)] = ()
    """Prefixes that are of this site besides the private ones."""
    privacy: Annotated[int, Meta(ge=0, le=3)] = 0
    """What is told of traffic: 0 all, 1 no names, 2 prefixes for addresses, 3 counters only."""
    sinks: Annotated[tuple[SinkSection, ...], Meta(max_length=8)] = ()
    rules: Annotated[tuple[FlowRule, ...], Meta(max_length=10_000)] = ()


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


class Settings(Section, frozen=True, kw_only=True):
    node: NodeSection = NodeSection()
    uplink: UplinkSection = UplinkSection()
    spool: SpoolSection = SpoolSection()
    speedtest: SpeedtestSection = SpeedtestSection()
    probes: ProbesSection = ProbesSection()
    socket: SocketSection = SocketSection()
    flows: FlowsSection = FlowsSection()
    local_api: LocalApiSection = LocalApiSection()
    workloads: WorkloadsSection = WorkloadsSection()

    @property
    def serves_local_api(self) -> bool:
        if self.local_api.enabled is None:
            return self.workloads.engine != "off"
        return self.local_api.enabled


def read(path: Path | None, env: Mapping[str, str] = os.environ) -> Settings:
    """Raises `forepost.kit.settings.WrongSettings`."""
    settings = load(path, Settings, env)
    if settings.speedtest.listen:
        host_port(settings.speedtest.listen, "speedtest.listen")
    return settings
