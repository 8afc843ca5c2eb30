"""Settings of an ioFog Controller: nulls and what is new are passed over."""

from forepost.agent.workloads.iofog.names import as_options, as_told
from forepost.agent.workloads.local_api.option import BY_KEY
from tests.fakes.iofog_controller import CONFIG


def test_what_a_controller_says_is_understood_as_far_as_it_says_anything() -> None:
    found = as_options({**CONFIG, "somethingNew": 1, "gpsMode": None})
    assert set(found) <= set(BY_KEY)
    assert (found["disk-limit"], found["isolated"], found["log-level"]) == ("50", "on", "INFO")
    assert "gps" not in found
    assert "time-zone" not in found
    assert "docker-pruning-frequency" not in found
    assert as_options({"latitude": 46.5, "longitude": 7.25}) == {"gps": "46.5,7.25"}
    assert as_options({"diskLimit": "many", "logLevel": 7, "watchdogEnabled": "on"}) == {}
    assert as_options({"diskLimit": 10**400, "latitude": -(10**400), "longitude": 7}) == {}


def test_a_controller_is_told_whole_numbers() -> None:
    told = as_told(lambda key: {"disk-limit": "10.5"}.get(key, BY_KEY[key].default), (46.5, 7.25))
    assert told["diskLimit"] == 10
    assert (told["watchdogEnabled"], told["latitude"]) == (False, "46.5")
    assert not [name for name, value in told.items() if isinstance(value, float)]
