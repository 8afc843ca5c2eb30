"""Joins the lookups, and answers what takes more than one of them."""

from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from forepost.controller.db.engine import Database
from forepost.controller.lookup.geoip import GeoIp, Part
from forepost.controller.lookup.names import Names
from forepost.controller.lookup.oui import Vendors
from forepost.controller.lookup.rdap import RdapClient
from forepost.controller.lookup.registries import Ask, Registries
from forepost.controller.lookup.store import Answers
from forepost.controller.lookup.subject import Address, as_address, subject_of
from forepost.controller.lookup.whois import WhoisClient
from forepost.controller.lookup.whois_text import server_of
from forepost.controller.outgoing.calls import Calls, check_trusted
from forepost.controller.outgoing.route import Route
from forepost.controller.outgoing.urls import WrongUrl, target_of
from forepost.controller.settings import LookupsSection
from forepost.kit.clock import Clock
from forepost.kit.errors import Invalid, Refusal, Unavailable
from forepost.kit.health import Health
from forepost.kit.settings import WrongSettings
from forepost.wire.rest.installation import DataSource
from forepost.wire.rest.lookup import Combined, Geo, IpFacts, PartErrors, Whois

NOTHING: Final = Geo()


class Lookups:
    def __init__(
        self, geoip: GeoIp, vendors: Vendors, registries: Registries, names: Names, clock: Clock
    ) -> None:
        self.geoip, self.vendors, self.registries = geoip, vendors, registries
        self._names, self._clock = names, clock

    @classmethod
    async def opened(
        cls,
        db: Database,
        settings: LookupsSection,
        folder: Path,
        clock: Clock,
        health: Health,
        route: Route,
        ca_file: str,
    ) -> "Lookups":
        """`folder`: for the controller's own copies of databases. `ca_file`: where the settings
        name none. Raises WrongSettings.
        """
        files: dict[Part, str] = {
            "city": settings.geoip_city,
            "country": settings.geoip_country,
            "asn": settings.geoip_asn,
        }
        registries = Registries(
            _ask(settings, route, ca_file),
            Answers(db),
            clock,
            ttl_hours=settings.whois_ttl_hours,
            per_minute=settings.whois_per_minute,
        )
        geoip = GeoIp(files, folder, clock, health)
        await geoip.refresh()
        return cls(geoip, Vendors(settings.oui_file, clock), registries, Names(clock), clock)

    @property
    def services(self) -> dict[str, Callable[[], Any]]:
        return {"geoip": self.geoip.run} if self.geoip.configured else {}

    def close(self) -> None:
        self._names.close()

    async def sources(self) -> list[DataSource]:
        """Return every file that look-ups are answered from."""
        vendors = await self.vendors.status()
        oui = DataSource(
            setting="lookups.oui_file",
            state="loaded" if vendors.loaded else "failed",
            entries=vendors.entry_count if vendors.loaded else None,
            reason="" if vendors.error is UNSET else vendors.error,
        )
        return [*self.geoip.sources(), oui]

    async def enrich(self, text: str) -> IpFacts:
        """What is known of an address; without GeoIP databases only its name. Raises nothing."""
        ip = as_address(text)
        if ip is None:
            return IpFacts(ip=text, timestamp=self._clock.now())
        geo, error = NOTHING, ""
        if self.geoip.configured:
            try:
                geo = self.geoip.find(ip)
            except Unavailable as reason:
                error = str(reason)
        name = await self._names.of(ip)
        return IpFacts(
            ip=str(ip),
            geoip=UNSET if geo == NOTHING else geo,
            reverse_dns=name or UNSET,
            timestamp=self._clock.now(),
            error=error or UNSET,
        )

    async def combined(self, text: str, who: Hashable) -> Combined:
        """Raises Invalid; what one part cannot do is in its errors."""
        subject = subject_of(text, "ip")
        name: str | UnsetType = UNSET
        if isinstance(subject, str):
            name, subject = subject, await self._resolved(subject)
        geo, geo_error = self._geo(subject)
        whois, whois_error = await self._whois(subject, who)
        failed = geo_error or whois_error
        return Combined(
            ip=str(subject),
            hostname=name,
            geoip=geo,
            whois=whois,
            cached=whois is not UNSET and whois.cached is True,
            cache_time=UNSET if whois is UNSET else whois.cache_time,
            errors=PartErrors(geoip=geo_error or UNSET, whois=whois_error or UNSET)
            if failed
            else UNSET,
        )

    async def _resolved(self, name: str) -> Address:
        """One answer for a name that is not known and for one of a private address."""
        address = await self._names.public_address(name)
        if address is None:
            raise Invalid(f"ip: no public address of {name} is known")
        return address

    def _geo(self, ip: Address) -> tuple[Geo | UnsetType, str]:
        try:
            # A database is a file here: what it says is never a kept answer.
            return msgspec.structs.replace(self.geoip.find(ip), ip=str(ip), cached=False), ""
        except Unavailable as reason:
            return UNSET, str(reason)

    async def _whois(self, ip: Address, who: Hashable) -> tuple[Whois | UnsetType, str]:
        try:
            return await self.registries.look_up(str(ip), who), ""
        except Refusal as reason:
            return UNSET, str(reason)


def _ask(settings: LookupsSection, route: Route, ca_file: str) -> Ask | None:
    check_trusted(settings.ca_file, "lookups.ca_file")
    calls = Calls(
        allow_private=settings.allow_private_servers,
        ca_file=settings.ca_file or ca_file,
        timeout_sec=settings.timeout_sec,
        route=route,
    )
    match settings.whois:
        case "whois":
            server = server_of(settings.whois_server)
            if server is None:
                raise WrongSettings("lookups.whois_server: must be a host, or host:port")
            return WhoisClient(calls, server).ask
        case "rdap":
            try:
                target_of(settings.rdap_url)
            except WrongUrl as wrong:
                raise WrongSettings(f"lookups.rdap_url: {wrong}") from None
            return RdapClient(calls, settings.rdap_url).ask
        case "off":
            return None
