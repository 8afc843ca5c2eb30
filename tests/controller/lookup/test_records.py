"""Records of GeoIP databases, in the schemas that are about."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.lookup.records import geo_of

MAXMIND_CITY = {
    "city": {"geoname_id": 5375480, "names": {"de": "Mountain View", "en": "Mountain View"}},
    "continent": {"code": "NA"},
    "country": {"iso_code": "US", "names": {"en": "United States"}},
    "location": {
        "accuracy_radius": 1000,
        "latitude": 37.4056,
        "longitude": -122.0775,
        "time_zone": "America/Los_Angeles",
    },
    "subdivisions": [
        {"iso_code": "CA", "names": {"en": "California"}},
        {"iso_code": "X", "names": {"en": "Some County"}},
    ],
}
MAXMIND_ASN = {"autonomous_system_number": 15169, "autonomous_system_organization": "GOOGLE"}


def said(*records: dict[str, Any]) -> Any:
    return msgspec.to_builtins(geo_of(records))


def test_maxminds_schema() -> None:
    assert said(MAXMIND_CITY, MAXMIND_ASN) == {
        "city": {"name": "Mountain View", "subdivision": "CA"},
        "country": {"code": "US", "name": "United States"},
        "asn": {"number": 15169, "organization": "GOOGLE"},
        "coordinates": {"latitude": 37.4056, "longitude": -122.0775, "accuracy_radius": 1000},
    }


@pytest.mark.parametrize(
    ("record", "geo"),
    [
        (  # DB-IP's own files: no code of the subdivision
            {
                "city": {"names": {"en": "Vancouver"}},
                "country": {"iso_code": "CA", "names": {"en": "Canada"}},
                "location": {"latitude": 49.28, "longitude": -123.12},
                "subdivisions": [{"names": {"en": "British Columbia"}}],
            },
            {
                "city": {"name": "Vancouver", "subdivision": "British Columbia"},
                "country": {"code": "CA", "name": "Canada"},
                "coordinates": {"latitude": 49.28, "longitude": -123.12},
            },
        ),
        (  # ip-location-db, city
            {
                "city": "Vancouver",
                "country_code": "CA",
                "latitude": 49.28,
                "longitude": -123.12,
                "postcode": "V5K",
                "state1": "British Columbia",
                "state2": "",
                "timezone": "America/Vancouver",
            },
            {
                "city": {"name": "Vancouver", "subdivision": "British Columbia"},
                "country": {"code": "CA"},
                "coordinates": {"latitude": 49.28, "longitude": -123.12},
            },
        ),
        ({"country_code": "ca"}, {"country": {"code": "CA"}}),
        (MAXMIND_ASN, {"asn": {"number": 15169, "organization": "GOOGLE"}}),
        (  # IPinfo
            {"asn": "AS15169", "as_name": "Google LLC", "country_code": "US", "country": "Utopia"},
            {
                "asn": {"number": 15169, "organization": "Google LLC"},
                "country": {"code": "US", "name": "Utopia"},
            },
        ),
        (
            {"country": "US", "lat": "37.4", "lng": "-122", "region": "California", "asn": 7},
            {
                "city": {"subdivision": "California"},
                "country": {"code": "US"},
                "asn": {"number": 7},
                "coordinates": {"latitude": 37.4, "longitude": -122.0},
            },
        ),
        ({}, {}),
        ({"city": {}, "country": {}, "location": {}, "subdivisions": []}, {}),
        ({"latitude": "", "longitude": "x", "asn": "ASx", "city": " "}, {}),
        ({"latitude": 91, "longitude": 0}, {}),
    ],
)
def test_the_others(record: dict[str, Any], geo: dict[str, Any]) -> None:
    assert said(record) == geo


def test_of_each_part_the_first_that_has_it() -> None:
    country = {"country": {"iso_code": "CA", "names": {"en": "Canada"}}}
    assert said({"city": "X", "country_code": "US"}, country)["country"] == {"code": "US"}
    assert said({"city": "X"}, country)["country"] == {"code": "CA", "name": "Canada"}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["names", "en", "iso_code", "latitude"]), inner)
    ),
)


@given(st.dictionaries(st.sampled_from([*MAXMIND_CITY, *MAXMIND_ASN, "asn", "latitude"]), VALUES))
def test_any_record_is_read_without_a_fault(record: dict[str, Any]) -> None:
    msgspec.json.encode(geo_of([record]))
