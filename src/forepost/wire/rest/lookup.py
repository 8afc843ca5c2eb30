"""What is known of an address, a name or a MAC: location, vendor, registry."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from forepost.wire.base import Wire

MOST_AT_ONCE = 100

IpText = Annotated[str, Meta(max_length=64)]
MacText = Annotated[str, Meta(max_length=32)]


class IpList(Wire, frozen=True, kw_only=True):
    ips: Annotated[list[IpText], Meta(min_length=1, max_length=MOST_AT_ONCE)]


class MacList(Wire, frozen=True, kw_only=True):
    macs: Annotated[list[MacText], Meta(min_length=1, max_length=MOST_AT_ONCE)]


class City(Wire, frozen=True, kw_only=True):
    name: str | UnsetType = UNSET
    subdivision: str | UnsetType = UNSET
    """State or region: its ISO code where the database has one, else its name."""


class Country(Wire, frozen=True, kw_only=True):
    code: str | UnsetType = UNSET
    """ISO 3166-1, two letters."""
    name: str | UnsetType = UNSET


class Asn(Wire, frozen=True, kw_only=True):
    number: int | UnsetType = UNSET
    organization: str | UnsetType = UNSET


class Coordinates(Wire, frozen=True, kw_only=True):
    latitude: float
    longitude: float
    accuracy_radius: int | UnsetType = UNSET
    """In kilometres."""


class Geo(Wire, frozen=True, kw_only=True):
    """What the databases know of an address; what they do not know is left out."""

    ip: str | UnsetType = UNSET
    city: City | UnsetType = UNSET
    country: Country | UnsetType = UNSET
    asn: Asn | UnsetType = UNSET
    coordinates: Coordinates | UnsetType = UNSET
    cached: bool | UnsetType = UNSET
    error: str | UnsetType = UNSET
    """In a list: why there is nothing."""


class GeoList(Wire, frozen=True, kw_only=True):
    data: list[Geo]
    total: int


class GeoDatabase(Wire, frozen=True, kw_only=True):
    """A database that is in use."""

    part: str
    """`city`, `country` or `asn`."""
    type: str
    """What the file says it is."""
    built_at: datetime


class GeoStatus(Wire, frozen=True, kw_only=True):
    city: bool
    country: bool
    asn: bool
    configured: bool
    """Whether any is named in the settings."""
    databases: list[GeoDatabase]


class Vendor(Wire, frozen=True, kw_only=True):
    mac: str
    """As it was asked."""
    oui: str | None
    """Its first three bytes: `00-1C-42`."""
    vendor: str | None
    found: bool
    prefix: str | UnsetType = UNSET
    """The registered block, where it is smaller than an OUI: `70:B3:D5:00:00:00/36`."""
    note: str | UnsetType = UNSET
    """Why no vendor is to be expected."""
    error: str | UnsetType = UNSET
    """In a list: what is wrong with it."""


class VendorList(Wire, frozen=True, kw_only=True):
    results: list[Vendor]
    count: int


class VendorStatus(Wire, frozen=True, kw_only=True):
    loaded: bool
    entry_count: int
    loaded_at: datetime | UnsetType = UNSET
    error: str | UnsetType = UNSET


class Registration(Wire, frozen=True, kw_only=True):
    """What a registry says, picked out of its text; dates as they are written there."""

    netname: str | UnsetType = UNSET
    netrange: str | UnsetType = UNSET
    organization: str | UnsetType = UNSET
    country: str | UnsetType = UNSET
    registrar: str | UnsetType = UNSET
    created: str | UnsetType = UNSET
    updated: str | UnsetType = UNSET
    abuse_email: str | UnsetType = UNSET


class Whois(Wire, frozen=True, kw_only=True):
    query: str
    raw_output: str
    """Of RDAP: JSON."""
    parsed: Registration
    lookup_time_ms: int
    """What this answer took, also when it was kept here."""
    cached: bool | UnsetType = UNSET
    cache_time: datetime | UnsetType = UNSET
    """When the registry said it."""


class WhoisList(Wire, frozen=True, kw_only=True):
    data: list[Whois]
    total: int


class PartErrors(Wire, frozen=True, kw_only=True):
    geoip: str | UnsetType = UNSET
    whois: str | UnsetType = UNSET


class Combined(Wire, frozen=True, kw_only=True):
    ip: str
    hostname: str | UnsetType = UNSET
    """Only where one was asked for."""
    geoip: Geo | UnsetType = UNSET
    whois: Whois | UnsetType = UNSET
    cached: bool
    """Whether no registry was asked for this answer."""
    cache_time: datetime | UnsetType = UNSET
    errors: PartErrors | UnsetType = UNSET


class IpFacts(Wire, frozen=True, kw_only=True):
    """Of an address, for agents and people."""

    ip: str
    geoip: Geo | UnsetType = UNSET
    reverse_dns: str | UnsetType = UNSET
    timestamp: datetime
    error: str | UnsetType = UNSET
    """What should have been found out and could not."""
