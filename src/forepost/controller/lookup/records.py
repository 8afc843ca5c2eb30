"""What a record of a GeoIP database says, in MaxMind's schema or in one of the flat ones. Pure.

MaxMind's (also DB-IP's own files): `country.iso_code`, `city.names.en`, `subdivisions`,
`location`. Flat ones (ip-location-db, IPinfo): `country_code`, `city`, `state1`, `latitude`, `asn`.
A database may mix both; a part of a kind that is not expected is passed over.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from msgspec import UNSET, UnsetType

from forepost.wire.rest.lookup import Asn, City, Coordinates, Country, Geo

Record = Mapping[str, Any]

CODE_LENGTH: Final = 2


def geo_of(records: Iterable[Record]) -> Geo:
    """Of each part what the first record that has it says."""
    city: City | UnsetType = UNSET
    country: Country | UnsetType = UNSET
    asn: Asn | UnsetType = UNSET
    coordinates: Coordinates | UnsetType = UNSET
    for record in records:
        city = _city(record) if city is UNSET else city
        country = _country(record) if country is UNSET else country
        asn = _asn(record) if asn is UNSET else asn
        coordinates = _coordinates(record) if coordinates is UNSET else coordinates
    return Geo(city=city, country=country, asn=asn, coordinates=coordinates)


def _city(record: Record) -> City | UnsetType:
    name = _name(record.get("city")) or _text(record, "city", "city_name")
    subdivision = _subdivision(record.get("subdivisions")) or _text(
        record, "region_code", "state1", "region", "region_name", "stateprov", "subdivision"
    )
    if not name and not subdivision:
        return UNSET
    return City(name=name or UNSET, subdivision=subdivision or UNSET)


def _subdivision(of: Any) -> str:
    first = of[0] if isinstance(of, list) and of else None
    if not isinstance(first, Mapping):
        return ""
    return _text(first, "iso_code") or _name(first)


def _country(record: Record) -> Country | UnsetType:
    nested = record.get("country")
    if isinstance(nested, Mapping):
        code, name = _text(nested, "iso_code"), _name(nested)
    else:
        code, name = _text(record, "country_code"), _text(record, "country_name", "country")
        if not code and len(name) == CODE_LENGTH:
            code, name = name, ""
        name = "" if name == code else name
    if not code and not name:
        return UNSET
    return Country(code=code.upper() or UNSET, name=name or UNSET)


def _asn(record: Record) -> Asn | UnsetType:
    number = next(
        (n for key in ("autonomous_system_number", "asn") if (n := _number(record.get(key)))), 0
    )
    organization = _text(
        record, "autonomous_system_organization", "as_organization", "as_name", "organization"
    )
    if not number and not organization:
        return UNSET
    return Asn(number=number or UNSET, organization=organization or UNSET)


def _coordinates(record: Record) -> Coordinates | UnsetType:
    nested = record.get("location")
    place = nested if isinstance(nested, Mapping) else record
    latitude = _degrees(place.get("latitude", place.get("lat")), 90)
    longitude = _degrees(place.get("longitude", place.get("lng")), 180)
    if latitude is None or longitude is None:
        return UNSET
    radius = _number(place.get("accuracy_radius"))
    return Coordinates(latitude=latitude, longitude=longitude, accuracy_radius=radius or UNSET)


def _name(of: Any) -> str:
    names = of.get("names") if isinstance(of, Mapping) else None
    return _text(names, "en") if isinstance(names, Mapping) else ""


def _text(record: Record, *keys: str) -> str:
    for key in keys:
        value = record.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def _number(value: Any) -> int:
    """Also of "AS15169"; 0 for what is none."""
    if isinstance(value, str):
        digits = value.strip().upper().removeprefix("AS")
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else 0
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _degrees(value: Any, most: int) -> float | None:
    try:
        degrees = float(value)
    except (TypeError, ValueError):
        return None
    return degrees if -most <= degrees <= most else None
