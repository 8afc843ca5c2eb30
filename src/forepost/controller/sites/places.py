"""Where on the map a site stands: where somebody has put it, else where GeoIP thinks. Pure."""

from typing import Any, Final

from msgspec import UNSET

from forepost.wire.rest.lookup import Geo
from forepost.wire.rest.sites import SitePlace

MOST_DEGREES: Final = (90.0, 180.0)
"""Latitude, longitude."""


def place_set(metadata: Any) -> SitePlace | None:
    """Return the place that an agent's metadata name: `latitude` and `longitude`, in degrees."""
    if not isinstance(metadata, dict):
        return None
    degrees = [_degrees(metadata.get(name)) for name in ("latitude", "longitude")]
    latitude, longitude = degrees
    if latitude is None or longitude is None:
        return None
    if abs(latitude) > MOST_DEGREES[0] or abs(longitude) > MOST_DEGREES[1]:
        return None
    return SitePlace(latitude=latitude, longitude=longitude, source="set")


def place_found(geo: Geo) -> SitePlace | None:
    """Return the place of an address as a GeoIP database has it."""
    if geo.coordinates is UNSET:
        return None
    city = UNSET if geo.city is UNSET else geo.city.name
    country = UNSET if geo.country is UNSET else geo.country.code
    return SitePlace(
        latitude=geo.coordinates.latitude,
        longitude=geo.coordinates.longitude,
        source="geoip",
        name=", ".join(part for part in (city, country) if part is not UNSET),
    )


def _degrees(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None
