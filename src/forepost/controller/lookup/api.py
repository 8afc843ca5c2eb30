"""Routes of lookups: GeoIP, vendors of MAC addresses, registries, all of an address."""

from typing import Annotated, Final

from litestar import Router, get, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK
from msgspec import structs

from forepost.controller.access.guard import READS, SIGNED_IN, Caller, needs
from forepost.controller.lookup.macs import digits_of
from forepost.controller.lookup.oui import Table, vendor_of
from forepost.controller.lookup.service import Lookups
from forepost.controller.lookup.subject import address_of, subject_of
from forepost.kit.errors import Invalid
from forepost.wire.rest.bodies import Problem
from forepost.wire.rest.lookup import (
    Combined,
    Geo,
    GeoList,
    GeoStatus,
    IpFacts,
    IpList,
    MacList,
    Vendor,
    VendorList,
    VendorStatus,
    Whois,
    WhoisList,
)

HistoryLimit = Annotated[int, QueryParameter(ge=0, le=1_000)]

TOO_MANY: Final = {
    429: ResponseSpec(
        Problem,
        description="This account has asked registries too often: see Retry-After",
        generate_examples=False,
    )
}


def routes(lookups: Lookups) -> Router:
    def located(text: str) -> Geo:
        ip = address_of(text, "ip")
        return structs.replace(lookups.geoip.find(ip), ip=str(ip))

    def listed(text: str) -> Geo:
        try:
            return located(text)
        except Invalid as wrong:
            return Geo(ip=text, error=str(wrong))

    @get("/geoip/lookup", opt=needs(SIGNED_IN))
    async def locate(ip: FromQuery[str]) -> Geo:
        """What is not known is left out; of a private address that is everything."""
        return located(ip)

    @post("/geoip/lookup", opt=needs(SIGNED_IN, READS), status_code=HTTP_200_OK)
    async def locate_many(data: JSONBody[IpList]) -> GeoList:
        """100 at most, answered in their order; one that is no address has an `error`."""
        return GeoList(data=[listed(ip) for ip in data.ips], total=len(data.ips))

    @get("/geoip/status", opt=needs(SIGNED_IN))
    async def geoip_status() -> GeoStatus:
        return lookups.geoip.status()

    @get("/lookup/oui/{mac:str}", opt=needs(SIGNED_IN))
    async def vendor(mac: FromPath[str]) -> Vendor:
        """Any way of writing it; its first three bytes are enough."""
        digits = digits_of(mac, "mac")
        return vendor_of(await lookups.vendors.table(), mac, digits)

    @post("/lookup/oui", opt=needs(SIGNED_IN, READS), status_code=HTTP_200_OK)
    async def vendors(data: JSONBody[MacList]) -> VendorList:
        """100 at most, answered in their order; one that is no MAC address has an `error`."""
        table = await lookups.vendors.table()
        return VendorList(
            results=[_listed_vendor(table, mac) for mac in data.macs], count=len(data.macs)
        )

    @get("/lookup/oui/status", opt=needs(SIGNED_IN))
    async def vendors_status() -> VendorStatus:
        """Reads the list, where nobody has needed it yet."""
        return await lookups.vendors.status()

    @get("/whois/lookup", opt=needs(SIGNED_IN), responses=TOO_MANY)
    async def whois(
        caller: NamedDependency[Caller],
        what: Annotated[str | None, QueryParameter(name="query")] = None,
        ip: FromQuery[str | None] = None,
    ) -> Whois:
        """What the registry of an address or a domain says; kept answers are marked."""
        if what is not None:
            subject = str(subject_of(what, "query"))
        elif ip is not None:
            subject = str(address_of(ip, "ip"))
        else:
            raise Invalid("query: is required")
        return await lookups.registries.look_up(subject, caller.user_id)

    @get("/geoip/history", opt=needs(SIGNED_IN))
    async def geoip_history(ip: FromQuery[str], limit: HistoryLimit = 100) -> GeoList:
        """What is known of an address at one time or another: the databases are files, of one day,
        and what they said before is not kept. One entry at most.
        """
        found = located(ip)
        data = [found] if limit and found != Geo(ip=found.ip) else []
        return GeoList(data=data, total=len(data))

    @get("/whois/history", opt=needs(SIGNED_IN))
    async def whois_history(
        what: Annotated[str, QueryParameter(name="query")], limit: HistoryLimit = 100
    ) -> WhoisList:
        """Kept answers of registries, the newest first: one at most. Asks nobody."""
        kept = await lookups.registries.kept(str(subject_of(what, "query")))
        data = [] if kept is None else [kept][:limit]
        return WhoisList(data=data, total=len(data))

    @get("/lookup/combined", opt=needs(SIGNED_IN))
    async def combined(caller: NamedDependency[Caller], ip: FromQuery[str]) -> Combined:
        """Location and registry of an address, or of the first public address of a name."""
        return await lookups.combined(ip, caller.user_id)

    @get("/lookup/ip/{ip:str}", opt=needs(SIGNED_IN))
    async def facts(ip: FromPath[str]) -> IpFacts:
        """Location and name."""
        return await lookups.enrich(str(address_of(ip, "ip")))

    return Router(
        "/",
        route_handlers=[
            locate,
            locate_many,
            geoip_status,
            vendor,
            vendors,
            vendors_status,
            whois,
            geoip_history,
            whois_history,
            combined,
            facts,
        ],
        tags=["lookup"],
    )


def _listed_vendor(table: Table, mac: str) -> Vendor:
    try:
        return vendor_of(table, mac, digits_of(mac, "mac"))
    except Invalid as wrong:
        return Vendor(mac=mac, oui=None, vendor=None, found=False, error=str(wrong))
