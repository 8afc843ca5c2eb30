"""What `/v2/config` sets: ranges and refusals of ioFog, all or what may be, kept over a restart."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.agent.workloads.local_api.configuration import LocalConfig, change, moved
from forepost.agent.workloads.local_api.option import BY_KEY, OPTIONS
from forepost.agent.workloads.local_api.words import NotDone
from tests.fakes.local_api import LocalApiSite

GB = "Disk limit range must be 1 to 1048576 GB"
MB = "Memory limit range must be 128 to 1048576 MB"
PERCENT = "CPU limit range must be 5% to 100%"
LOGS = "Log disk limit range must be 0.5 to 100 GB"
FILES = "Log file count range must be 1 to 100"
THRESHOLD = "Available disk threshold must be greater than 1"
SCHEME = "Unsupported protocol scheme. Only 'tcp://' or 'unix://' supported.\n"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("disk-limit", "0.9", GB),
        ("disk-limit", "1048577", GB),
        ("disk-limit", "abc", "Option has invalid value: abc"),
        ("disk-limit", "NaN", "Option has invalid value: NaN"),
        ("disk-limit", "inf", "Option has invalid value: inf"),
        ("disk-limit", "-5", "Option has invalid value: -5"),
        ("memory-limit", "127", MB),
        ("memory-limit", "1048577", MB),
        ("cpu-limit", "4", PERCENT),
        ("cpu-limit", "101", PERCENT),
        ("logs-limit", "0.4", LOGS),
        ("logs-limit", "101", LOGS),
        ("logs-count", "0", FILES),
        ("logs-count", "101", FILES),
        ("logs-count", "1.5", "Option -lc has invalid value: 1.5"),
        ("log-level", "LOUD", "Option -ll has invalid value: LOUD"),
        ("log-level", "debug", "Option -ll has invalid value: debug"),
        ("status-frequency", "0", "Status update frequency must be greater than 1"),
        ("changes-frequency", "0", "Get changes frequency must be greater than 1"),
        ("diagnostics-frequency", "-1", "Post diagnostics frequency must be greater than 1"),
        ("device-scan-frequency", "0", "Get scan devices frequency must be greater than 1"),
        (
            "upgrade-scan-frequency",
            "0",
            "isReadyToUpgrade scan frequency must be greater than 1",
        ),
        ("docker-pruning-frequency", "0", "Docker pruning frequency must be greater than 1"),
        ("disk-threshold integer", "0", THRESHOLD),
        ("disk-threshold", "0", THRESHOLD),
        ("docker-url", "http://x", SCHEME),
        ("controller-url", "ftp://x", "Option has invalid value: ftp://x"),
        ("isolated", "maybe", "Option -idc has invalid value: maybe"),
        ("gps", "91,0", "Option -gps has invalid value: 91,0"),
        ("gps", "0,181", "Option -gps has invalid value: 0,181"),
        ("gps", "here", "Option -gps has invalid value: here"),
        ("fog-type", "mips", "Option -ft has invalid value: mips"),
        ("time-zone", "Mars/Base", "Option -tz has invalid value: Mars/Base"),
        ("time-zone", "../../etc/passwd", "Option -tz has invalid value: ../../etc/passwd"),
    ],
)
def test_a_value_out_of_range_is_refused_in_the_words_of_iofog(
    key: str, value: str, message: str
) -> None:
    before = LocalConfig()
    after, refused = change(
        before, {key: value, "logs-count": "7"} if "count" not in key else {key: value}
    )
    assert refused == {key: message}
    assert dict(after.said) == ({} if "count" in key else {"logs-count": "7"})


@pytest.mark.parametrize(
    ("key", "value", "kept"),
    [
        ("disk-limit", "+20.50", "20.5"),
        ("disk-limit", "1048576", "1048576"),
        ("memory-limit", "128", "128"),
        ("cpu-limit", " 80 ", "80"),
        ("logs-limit", "0.5", "0.5"),
        ("logs-count", "+100", "100"),
        ("log-level", "finest", "FINEST"),
        ("log-level", "800", "800"),
        ("isolated", "ON", "on"),
        ("gps", "-10.5, +20.25", "-10.5,20.25"),
        ("gps", "auto", "auto"),
        ("cert-directory", "", ""),
        ("time-zone", "", ""),
        ("disk-directory", "data", "/data/"),
        ("controller-url", "http://198.18.0.1/api/v3", "http://198.18.0.1/api/v3/"),
    ],
)
def test_a_value_is_kept_in_one_form(key: str, value: str, kept: str) -> None:
    after, refused = change(LocalConfig(), {key: value})
    assert (refused, dict(after.said)) == ({}, {key: kept})


@given(
    st.dictionaries(
        st.sampled_from(sorted(BY_KEY)) | st.text(max_size=5),
        st.text(max_size=20) | st.sampled_from(["1", "80", "1e3", "0,0", "on", "/x", "9" * 400]),
    )
)
def test_any_text_is_taken_or_refused_and_what_is_kept_would_be_taken_again(
    wanted: dict[str, str],
) -> None:
    try:
        after, refused = change(LocalConfig(), wanted)
    except NotDone:
        return
    assert set(refused) <= set(wanted)
    again, refused = change(LocalConfig(), after.said) if after.said else (after, {})
    assert refused == {}
    assert again == after


def test_all_levels_of_java_are_levels_of_our_logs() -> None:
    for said, level in {
        "SEVERE": "ERROR", "WARNING": "WARNING", "INFO": "INFO", "CONFIG": "INFO", "FINE": "DEBUG",
        "ALL": "DEBUG", "OFF": "CRITICAL", "1000": "ERROR", "900": "WARNING", "800": "INFO",
        "500": "DEBUG",
    }.items():  # fmt: skip
        assert change(LocalConfig(), {"log-level": said})[0].log_level == level
    assert LocalConfig().log_level is None


def test_modes_of_the_position() -> None:
    assert LocalConfig({"gps": "off"}).gps_mode == "off"
    assert change(LocalConfig(), {"gps": "auto"})[0].gps_mode == "auto"
    manual = change(LocalConfig(), {"gps": "1,2"})[0]
    assert (manual.gps_mode, manual.place) == ("manual", (1, 2))
    dynamic = moved(manual, "3.5", "4")
    assert (dynamic.gps_mode, dynamic.place) == ("dynamic", (3.5, 4))
    assert change(dynamic, {"logs-count": "3"})[0].gps_mode == "dynamic"
    assert change(dynamic, {"gps": "1,2"})[0].gps_mode == "manual"


def test_good_keys_are_taken_and_bad_ones_said(site: LocalApiSite) -> None:
    wanted = {"disk-limit": "0", "cpu-limit": "50", "nonsense": "x"}
    heard = site.ask("POST", "/v2/config", wanted, token=site.token)
    assert (heard.status, heard.body) == (200, {"disk-limit": GB})
    assert site.applied[-1]["cpu-limit"] == "50"
    heard = site.ask("POST", "/v2/config", {"disk-limit": "0"}, token=site.token)
    assert (heard.status, heard.body) == (200, {"disk-limit": GB})


def test_what_is_refused_as_a_whole_changes_nothing(site: LocalApiSite) -> None:
    before = len(site.applied)
    for wrong in ({"cpu-limit": "50", "disk-limit": ""}, {"cpu-limit": "50", "disk-limit": 5}):
        assert site.ask("POST", "/v2/config", wrong, token=site.token).status == 400
    assert len(site.applied) == before
    assert site.ask("GET", "/v2/info", token=site.token).body["cpu-usage-limit"] == "80.00%"


def test_what_is_set_outlives_the_agent_and_goes_over_its_settings(tmp_path: Path) -> None:
    for wanted in ({"log-level": "FINE", "gps": "1,2"}, {"gps": "off"}):
        site = LocalApiSite(tmp_path, gps="3,4")
        with site.running():
            assert site.ask("POST", "/v2/config", wanted, token=site.token).body == {}
    site = LocalApiSite(tmp_path, gps="3,4")
    with site.running():
        assert site.applied[0].log_level == "DEBUG"
        info = site.ask("GET", "/v2/info", token=site.token).body
        assert (info["log-level"], info["gps-mode"]) == ("FINE", "off")


def test_a_damaged_file_and_values_that_are_not_understood_are_left_out(tmp_path: Path) -> None:
    kept = tmp_path / "local-config.json"
    kept.write_text('{"said":{"cpu-limit":"50","disk-limit":"0","later":"x"},"is_dynamic":true}')
    site = LocalApiSite(tmp_path)
    with site.running():
        assert dict(site.applied[0].said) == {"cpu-limit": "50"}
        assert site.applied[0].gps_mode == "off"
    kept.write_text("{")
    site = LocalApiSite(tmp_path)
    with site.running():
        assert dict(site.applied[0].said) == {}
        assert "local-config.json" in site.health.problems


def test_a_change_that_cannot_be_kept_is_not_made(site: LocalApiSite) -> None:
    (site.state_dir / "local-config.json").mkdir()
    (site.state_dir / "local-config.json" / "x").touch()
    before = len(site.applied)
    heard = site.ask("POST", "/v2/config", {"cpu-limit": "50"}, token=site.token)
    assert heard.status == 500
    assert heard.body["errorMessage"].startswith("Error updating new config : ")
    assert len(site.applied) == before


def test_every_option_has_its_flag_and_a_default_that_fits() -> None:
    assert len({one.flag for one in OPTIONS}) == len(OPTIONS)
    for one in OPTIONS:
        assert one.default == "" or one.value(one.default) == one.default, one.key
