"""The controller's settings: one TOML file, or `FOREPOST_SECTION__KEY` in the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta

from forepost.kit.listeners import host_port, listed
from forepost.kit.proxies import WrongProxy, proxy_of
from forepost.kit.settings import Section, load

RETRY_PAUSES_SEC: Final = (10.0, 30.0, 120.0, 600.0, 3_600.0, 10_800.0, 21_600.0, 43_200.0)


class HttpSection(Section, frozen=True, kw_only=True):
    listen: str | tuple[str, ...] = "127.0.0.1:8080"
    """Address and port, or a list of them; IPv6 in brackets, `[::]` is IPv4 too."""
    registration: bool = False
    """Whether strangers may open an account."""
    trust_addresses: bool = False
    """Whether an account has the address that it says, though nothing mailed there came back."""
    public_url: str = ""
    """How people reach the panel: what links in notices start with."""
    session_hours: Annotated[int, Meta(ge=1, le=8_760)] = 24
    """How long a login lasts."""
    ping_sec: Annotated[float, Meta(ge=5, le=30)] = 20.0
    """How often agents and panels are asked for a word; silent for three of these is gone."""
    allowed_origins: tuple[str, ...] = ()
    """Pages of other hosts that may ask this controller, such as `https://panel.example.com`."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks of reverse proxies whose `X-Forwarded-For` is believed."""


class DataSection(Section, frozen=True, kw_only=True):
    dir: str = "/var/lib/forepost/controller"
    database_url: str = ""
    """SQLAlchemy URL; empty: `meta.sqlite` in `dir`."""
    retention_days: Annotated[int, Meta(ge=1, le=3_650)] = 90
    """Results that are older are dropped, a day at a time."""
    audit_days: Annotated[int, Meta(ge=1, le=36_500)] = 365
    """Rows of the audit log that are older are dropped."""


class AdminSection(Section, frozen=True, kw_only=True):
    """The first admin, made at the first start only, when there is no user yet."""

    email: str = ""
    password: str = ""


PerMinute = Annotated[int, Meta(ge=1, le=1_000_000)]


class LimitsSection(Section, frozen=True, kw_only=True):
    """Tries a minute, and what one address or account may have. An address is a /64 where it is
    IPv6.
    """

    logins_per_address: PerMinute = 10
    wrong_passwords_per_account: PerMinute = 5
    registrations_per_address: PerMinute = 5
    wrong_pins_per_address: PerMinute = 10
    wrong_pins_per_agent: PerMinute = 5
    wrong_share_passwords_per_address: PerMinute = 5
    agent_bytes_a_day: Annotated[int, Meta(ge=0)] = 16 << 30
    """What one agent may send; what is more waits in its spool for the next day. 0: no limit."""
    most: dict[str, Annotated[int, Meta(ge=0, le=10_000_000)]] = {}
    """How many things of a kind there may be, where it is not the usual number: `agents`, ..."""
    connections_per_address: Annotated[int, Meta(ge=1, le=1_000_000)] = 256
    """Open at once, of an address that is no trusted proxy; WebSockets of agents and people who
    have shown who they are do not count."""


class AlertsSection(Section, frozen=True, kw_only=True):
    """How notices leave, and how often is looked for what no result says."""

    allow_private_targets: bool = False
    """Whether webhooks and Apprise may go to loopback, private and other unpublic addresses."""
    ca_file: str = ""
    """As `outgoing.ca_file`, and instead of it, for webhooks, Apprise and mail."""
    timeout_sec: Annotated[float, Meta(ge=0.1, le=60)] = 10.0
    """For one attempt of a webhook, from its name's look-up to the answer."""
    retry_pauses_sec: tuple[Annotated[float, Meta(ge=0.1, le=604_800)], ...] = RETRY_PAUSES_SEC
    """Between attempts; after the last a delivery is given up. 22 hours in all."""
    delivery_days: Annotated[int, Meta(ge=1, le=3_650)] = 30
    """How long the log keeps what was sent or given up."""
    check_sec: Annotated[float, Meta(ge=0.1, le=600)] = 15.0
    """How often agents that are gone, silent probes and open incidents are looked for."""
    baseline_sec: Annotated[float, Meta(ge=0.1, le=86_400)] = 300.0
    """How often what is usual is taken from the series anew."""
    default_rules: bool = True
    """Whether a new workspace has rules of its own: offline, no answer, loss, certificates."""


class OutgoingSection(Section, frozen=True, kw_only=True):
    """How webhooks, Apprise, WHOIS and RDAP leave this network."""

    proxy: str = ""
    """As `uplink.proxy` of an agent; the environment has no say."""
    proxy_resolves: bool = False
    """Whether the proxy looks names up. Without it we do, and check what is found."""
    no_proxy: tuple[str, ...] = ()
    """Where the proxy is not asked: domains, addresses, networks."""
    ca_file: str = ""
    """Certificates (PEM) to trust beside the system's; mail too."""

    def __post_init__(self) -> None:
        if not self.proxy:
            return
        try:
            proxy = proxy_of(self.proxy)
        except WrongProxy as wrong:
            raise ValueError(f"proxy: {wrong}") from None
        if proxy.scheme == "socks5h" and not self.proxy_resolves:
            raise ValueError(
                "proxy: socks5h:// has the proxy look names up: set proxy_resolves too, or use "
                "socks5://"
            )


class MailSection(Section, frozen=True, kw_only=True):
    """The mail server of whoever runs this controller; without `host` no mail is sent."""

    host: str = ""
    port: Annotated[int, Meta(ge=1, le=65_535)] = 587
    user: str = ""
    password: str = ""
    tls: Literal["starttls", "tls", "none"] = "starttls"
    from_address: str = ""
    from_name: str = "forepost"


class LookupsSection(Section, frozen=True, kw_only=True):
    """Where facts about addresses, names and MAC addresses come from."""

    geoip_city: str = ""
    """Databases (.mmdb), in MaxMind's schema or a flat one."""
    geoip_country: str = ""
    geoip_asn: str = ""
    oui_file: str = ""
    """A list as Wireshark's `manuf`, instead of the packaged one."""
    whois: Literal["whois", "rdap", "off"] = "whois"
    """How registries are asked."""
    whois_server: str = "whois.iana.org"
    """Where to begin; with `:port` where it is not 43."""
    rdap_url: str = "https://rdap.org"
    """What `/ip/...` and `/domain/...` are added to."""
    whois_ttl_hours: Annotated[int, Meta(ge=1, le=87_600)] = 168
    """How long an answer is good; one that knows nothing for an hour at most."""
    whois_per_minute: PerMinute = 30
    """Queries of one account that go out; kept answers do not count."""
    timeout_sec: Annotated[float, Meta(ge=0.1, le=60)] = 8.0
    """For one server, from its name's look-up to the end of its answer."""
    allow_private_servers: bool = False
    """Whether servers of WHOIS and RDAP may have loopback, private and other unpublic addresses."""
    ca_file: str = ""
    """As `outgoing.ca_file`, and instead of it, for RDAP."""


class SpeedtestSection(Section, frozen=True, kw_only=True):
    """Speed tests of agents against this controller's own line."""

    listen: Annotated[str, Meta(pattern="^(|.+:[1-9][0-9]{0,4})$", description="HOST:PORT")] = ""
    """Address and port where they are answered; empty: they are not."""
    public_host: str = ""
    """What agents connect to; empty: the host that they reach the controller by."""
    max_sec: Annotated[float, Meta(ge=1, le=600)] = 60.0
    """Of one stream."""
    max_bytes: Annotated[int, Meta(ge=1 << 20)] = 20_000_000_000
    """Of one test, both ways together."""


class UplinkSection(Section, frozen=True, kw_only=True):
    """What agents are told of the way to here."""

    move_to: Annotated[
        str,
        Meta(
            pattern=r"^(|https?://[A-Za-z0-9.:\[\]_-]+)$",
            max_length=300,
            description="http(s)://host[:port]",
        ),
    ] = ""
    """`http(s)://host[:port]` that they are to use from now on; empty: what they have."""


class FlowsSection(Section, frozen=True, kw_only=True):
    """How long traffic of agents is kept: by minute, by hour, by day."""

    minutes_days: Annotated[int, Meta(ge=1, le=90)] = 3
    hours_days: Annotated[int, Meta(ge=2, le=800)] = 60
    """A report of an agent that is later than this is not counted."""
    days_days: Annotated[int, Meta(ge=2, le=36_500)] = 800


class JobsSection(Section, frozen=True, kw_only=True):
    """How long runs of jobs are kept, and the relay for agents that cannot reach each other."""

    kept_days: Annotated[int, Meta(ge=1, le=36_500)] = 180
    """After their end."""
    relay_pairs: Annotated[int, Meta(ge=0, le=10_000)] = 100
    """Pairs of agents whose transfers pass through the controller, as they cannot reach each other;
    0: none."""
    relay_pair_kib_per_sec: Annotated[int, Meta(ge=1, le=1 << 22)] = 4_096
    """Of each pair, both ways together."""
    relay_kib_per_sec: Annotated[int, Meta(ge=1, le=1 << 22)] = 16_384
    """Of all pairs together."""
    relay_idle_sec: Annotated[float, Meta(ge=1, le=86_400)] = 300.0
    """Nothing has passed for so long: it is closed."""


class Settings(Section, frozen=True, kw_only=True):
    http: HttpSection = HttpSection()
    data: DataSection = DataSection()
    admin: AdminSection = AdminSection()
    alerts: AlertsSection = AlertsSection()
    mail: MailSection = MailSection()
    limits: LimitsSection = LimitsSection()
    lookups: LookupsSection = LookupsSection()
    outgoing: OutgoingSection = OutgoingSection()
    speedtest: SpeedtestSection = SpeedtestSection()
    uplink: UplinkSection = UplinkSection()
    flows: FlowsSection = FlowsSection()
    jobs: JobsSection = JobsSection()

    @property
    def database_url(self) -> str:
        return (
            self.data.database_url or f"sqlite+aiosqlite:///{Path(self.data.dir) / 'meta.sqlite'}"
        )


def read(path: Path | None, env: Mapping[str, str] = os.environ) -> Settings:
    """Raises `forepost.kit.settings.WrongSettings`."""
    settings = load(path, Settings, env)
    listed(settings.http.listen, "http.listen")
    if settings.speedtest.listen:
        host_port(settings.speedtest.listen, "speedtest.listen")
    return settings
