"""Databases that come, change, break and go."""

import logging
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import msgspec
import pytest

from forepost.controller.lookup.geoip import LOOK_SEC, GeoIp
from forepost.kit.errors import Unavailable
from forepost.kit.health import Health
from tests.fakes.clock import FakeClock, settle
from tests.registry import write_mmdb

pytestmark = pytest.mark.anyio

GOOGLE = ip_address("8.8.8.8")
HEALTH = Health(logging.getLogger("test"))


def geoip(folder: Path, **files: Path) -> GeoIp:
    named: Any = {part: str(path) for part, path in files.items()}
    return GeoIp(named, folder, FakeClock(), Health(logging.getLogger("test")))


def country(code: str) -> dict[str, Any]:
    return {"8.8.8.0/24": {"country": {"iso_code": code, "names": {"en": "X"}}}}


@pytest.fixture
async def one(tmp_path: Path) -> tuple[GeoIp, Path]:
    """(with one country database, its file)"""
    path = write_mmdb(tmp_path / "country.mmdb", "GeoLite2-Country", country("US"))
    made = geoip(tmp_path, country=path)
    await made.refresh()
    return made, path


def code(made: GeoIp) -> Any:
    return msgspec.to_builtins(made.find(GOOGLE)).get("country", {}).get("code")


async def test_nothing_is_configured(tmp_path: Path) -> None:
    made = geoip(tmp_path)
    await made.refresh()
    with pytest.raises(Unavailable, match=r"no database is configured: set lookups\.geoip_city"):
        made.find(GOOGLE)
    status = msgspec.to_builtins(made.status())
    assert status == {
        "city": False,
        "country": False,
        "asn": False,
        "configured": False,
        "databases": [],
    }
    assert made._health.problems == {}
    await made.run()


async def test_it_is_found(one: tuple[GeoIp, Path]) -> None:
    made, _ = one
    assert code(made) == "US"
    assert msgspec.to_builtins(made.find(ip_address("10.0.0.1"))) == {}
    assert msgspec.to_builtins(made.find(ip_address("2001:db8::1"))) == {}
    status = made.status()
    assert (status.city, status.country, status.asn) == (False, True, False)
    (database,) = status.databases
    assert (database.part, database.type) == ("country", "GeoLite2-Country")
    assert database.built_at.year >= 2024


async def test_a_new_file_is_noticed_within_a_minute(one: tuple[GeoIp, Path]) -> None:
    import anyio

    made, path = one
    clock: Any = made._clock
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(made.run)
        await settle()
        write_mmdb(path, "GeoLite2-Country", country("CA"))
        assert code(made) == "US"
        await clock.advance(LOOK_SEC)
        for _ in range(500):  # it is read in a thread
            if code(made) == "CA":
                break
            await anyio.sleep(0.01)
        assert code(made) == "CA"
        tasks.cancel_scope.cancel()


async def test_a_file_that_is_written_over_where_it_lies(one: tuple[GeoIp, Path]) -> None:
    """Not a crash, and not half of each: we have a copy."""
    made, path = one
    other = write_mmdb(path.with_name("o.mmdb"), "GeoLite2-Country", country("CA")).read_bytes()
    path.write_bytes(b"")
    assert code(made) == "US"
    await made.refresh()
    assert code(made) == "US"
    assert "the old one still is: this is no GeoIP database" in made._health.problems["geoip"]
    path.write_bytes(other)
    await made.refresh()
    assert code(made) == "CA"
    assert made._health.problems == {}


async def test_a_file_that_goes_is_still_used(one: tuple[GeoIp, Path]) -> None:
    made, path = one
    path.unlink()
    await made.refresh()
    assert code(made) == "US"
    assert made._health.problems == {}


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file"), (b"hello", "no GeoIP database"), (b"", "no GeoIP database")],
)
async def test_a_file_that_cannot_be_read(
    tmp_path: Path, content: bytes | None, reason: str
) -> None:
    path = tmp_path / "city.mmdb"
    if content is not None:
        path.write_bytes(content)
    made = geoip(tmp_path, city=path)
    await made.refresh()
    with pytest.raises(Unavailable, match=rf"GeoIP: lookups\.geoip_city: .*{reason}"):
        made.find(GOOGLE)
    assert reason in made._health.problems["geoip"]
    assert str(tmp_path) not in made._health.problems["geoip"]
    assert made.status().configured
    assert not made.status().city
    write_mmdb(path, "GeoLite2-City", country("US"))
    await made.refresh()
    assert code(made) == "US"
    assert made._health.problems == {}


async def test_one_of_two_is_enough(tmp_path: Path, one: tuple[GeoIp, Path]) -> None:
    _, path = one
    made = geoip(tmp_path, country=path, asn=tmp_path / "none.mmdb")
    await made.refresh()
    assert code(made) == "US"
    assert "lookups.geoip_asn" in made._health.problems["geoip"]


async def test_a_damaged_file_is_used_no_more(tmp_path: Path) -> None:
    path = write_mmdb(tmp_path / "country.mmdb", "GeoLite2-Country", country("US"))
    data = bytearray(path.read_bytes())
    begin = data.index(b"iso_code") - 10
    data[begin : begin + 40] = b"\xff" * 40
    path.write_bytes(data)
    made = geoip(tmp_path, country=path)
    await made.refresh()
    with pytest.raises(Unavailable, match="the file is damaged"):
        made.find(GOOGLE)
    assert "damaged" in made._health.problems["geoip"]


async def test_copies_have_no_names(one: tuple[GeoIp, Path]) -> None:
    _, path = one
    assert list(path.parent.iterdir()) == [path]
