"""Where sites stand on the map: what somebody has set comes before what GeoIP thinks."""

from pathlib import Path
from typing import Any

import pytest

from forepost.controller.sites.places import place_found, place_set
from forepost.wire.rest.lookup import Geo
from tests.registry import write_mmdb
from tests.running import ControllerProcess

LISBON = {
    "location": {"latitude": 38.72, "longitude": -9.14, "accuracy_radius": 20},
    "country": {"iso_code": "PT", "names": {"en": "Portugal"}},
    "city": {"names": {"en": "Lisbon"}},
}


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        [],
        {"latitude": 1},
        {"latitude": "1", "longitude": "2"},
        {"latitude": True, "longitude": False},
        {"latitude": 90.1, "longitude": 0},
        {"latitude": 0, "longitude": -181},
        {"latitude": None, "longitude": None},
    ],
)
def test_what_is_no_place_is_none(metadata: Any) -> None:
    assert place_set(metadata) is None
    assert place_found(Geo()) is None


def test_a_site_stands_where_it_was_put_or_where_its_address_is(tmp_path: Path) -> None:
    process = ControllerProcess(tmp_path)
    city = write_mmdb(tmp_path / "city.mmdb", "Test-City", {"8.8.8.0/24": LISBON})
    process.env |= {"FOREPOST_LOOKUPS__GEOIP_CITY": str(city)}
    process.start()
    try:
        person = process.person()
        workspace = person.workspace("w")
        put, found, lost = (person.agent(workspace, name) for name in ("put", "found", "lost"))
        agents = f"/workspaces/{workspace}/agents"
        oslo = {"metadata": {"latitude": 59.91, "longitude": 10.75, "rack": 3}}
        for agent in (put, found):
            person.call("PATCH", f"{agents}/{agent.id}", {"public_ip_override": "8.8.8.8"})
        person.call("PATCH", f"{agents}/{put.id}", oslo)
        sites = person.call("GET", f"/workspaces/{workspace}/sites")["data"]
    finally:
        process.end()
    assert {one["id"]: one["place"] for one in sites} == {
        put.id: {"latitude": 59.91, "longitude": 10.75, "source": "set", "name": ""},
        found.id: {"latitude": 38.72, "longitude": -9.14, "source": "geoip", "name": "Lisbon, PT"},
        lost.id: None,
    }
