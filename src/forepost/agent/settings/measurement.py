"""What the agent measures, and what it may measure."""

from typing import Annotated

from msgspec import Meta

from forepost.agent.cores.permission import Permission
from forepost.kit.settings import Section


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
