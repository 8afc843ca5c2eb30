"""Positions, logs and edge resources."""

import os
from pathlib import Path

from tests.fakes.local_api import LocalApiSite


def test_where_the_settings_say_that_it_is(tmp_path: Path) -> None:
    site = LocalApiSite(tmp_path, gps="10.5, 20.25")
    with site.running():
        heard = site.ask("GET", "/v2/gps", headers={"Content-Type": "application/json"})
        assert heard.status == 200
        assert heard.body.pop("timestamp") > 1_700_000_000_000
        assert heard.body == {"status": "okay", "lat": "10.5", "lon": "20.25"}


def test_auto_is_what_the_controller_knows_and_nobody_else_is_asked(tmp_path: Path) -> None:
    site = LocalApiSite(tmp_path, gps="auto")
    with site.running():
        assert site.ask("GET", "/v2/gps").status == 400
        site.place = (48.1, 11.6)
        heard = site.ask("GET", "/v2/gps").body
        assert (heard["lat"], heard["lon"]) == ("48.1", "11.6")


def test_a_position_that_was_told_is_kept(tmp_path: Path) -> None:
    site = LocalApiSite(tmp_path)
    with site.running():
        assert site.ask("POST", "/v2/gps", {"lat": "-90", "lon": "180"}).body == {"status": "okay"}
        assert site.ask("POST", "/v2/gps", {"lat": 1.5, "lon": -2}).body == {"status": "okay"}
        info = site.ask("GET", "/v2/info", token=site.token).body
        assert (info["gps-mode"], info["gps-coordinates"]) == ("dynamic", "1.5,-2")
    site = LocalApiSite(tmp_path)
    with site.running():
        assert site.ask("GET", "/v2/gps").body["lat"] == "1.5"
        assert site.applied[0].gps_mode == "dynamic"


def test_what_a_microservice_logs_is_in_a_file_of_its_own(site: LocalApiSite) -> None:
    for kind, message in (("info", "begun"), ("severe", "two\nlines"), ("INFO", "\x00 ä")):
        heard = site.ask("POST", "/v2/log", {"id": "own", "type": kind, "message": message})
        assert (heard.status, heard.body) == (200, {"status": "okay"})
    lines = (site.state_dir / "microservice-logs" / "own.log").read_text().splitlines()
    assert [line.partition(" ")[2] for line in lines] == [
        "INFO begun",
        "WARNING two\\nlines",
        "INFO \\x00 ä",
    ]


def test_a_log_is_bounded(site: LocalApiSite) -> None:
    for _ in range(5):
        site.ask("POST", "/v2/log", {"id": "own", "type": "x", "message": 900_000 * "y"})
    folder = site.state_dir / "microservice-logs"
    assert {one.name for one in folder.iterdir()} <= {"own.log", "own.log.1"}
    assert sum(one.stat().st_size for one in folder.iterdir()) < 5 << 20


def test_of_many_that_are_gone_only_the_newest_logs_stay(site: LocalApiSite) -> None:
    folder = site.state_dir / "microservice-logs"
    folder.mkdir()
    for number in range(30):
        for name in (f"gone{number}.log", f"gone{number}.log.1"):
            (folder / name).write_text("x")
            os.utime(folder / name, (number, number))
    (folder / "other.txt").write_text("nobody's")
    site.ask("POST", "/v2/log", {"id": "own", "type": "info", "message": "begun"})
    left = {one.name for one in folder.iterdir()}
    kept = {f"gone{number}.log{end}" for number in range(10, 30) for end in ("", ".1")}
    assert left == {"own.log", "other.txt", *kept}


def test_edge_resources_are_a_text(site: LocalApiSite) -> None:
    site.resources = '[{"id":1,"name":"camera"}]'
    heard = site.ask("GET", "/v2/edgeResources")
    assert heard.body == {"edgeResources": '[{"id":1,"name":"camera"}]'}
