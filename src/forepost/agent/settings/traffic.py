"""The traffic that the agent sees, and who is told of it."""

import ssl
from typing import Annotated, Literal
from urllib.parse import urlsplit

from msgspec import Meta

from forepost.kit.proxies import NONE, Proxy, WrongProxy, proxy_for
from forepost.kit.settings import Section


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
