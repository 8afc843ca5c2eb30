import logging

import pytest

from forepost.kit.health import Health


def test_a_thing_is_said_once_when_it_breaks_and_once_when_it_heals(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    health = Health(logging.getLogger("x"))
    health.well("uplink")
    health.ill("uplink", "refused")
    health.ill("uplink", "timed out")
    assert health.problems == {"uplink": "timed out"}
    health.well("uplink")
    health.well("uplink")
    assert [r.message for r in caplog.records] == ["uplink: refused", "uplink: well again"]
    assert health.problems == {}


def test_what_is_minor_keeps_nobody_from_working() -> None:
    health = Health(logging.getLogger("x"))
    able = [health.able]
    health.ill("geoip", "no such file", minor=True)
    able.append(health.able)
    assert health.problems == {"geoip": "no such file"}
    health.ill("series", "disk full")
    able.append(health.able)
    health.well("series")
    able.append(health.able)
    health.ill("geoip", "it is needed after all")
    able.append(health.able)
    assert able == [True, True, False, True, False]
