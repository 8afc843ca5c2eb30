"""`forepost doctor` and the container engine: a real one, one that is away, none."""

from pathlib import Path

import msgspec

from forepost.agent.doctor.case import Case
from forepost.agent.doctor.workloads import engine
from forepost.agent.settings import Settings, WorkloadsSection
from tests.lab.container_engine import running


def case(section: WorkloadsSection) -> Case:
    return Case(settings=Settings(workloads=section), wanted=frozenset())


def test_an_engine_that_answers_says_which_it_is_and_how_much_room_it_has() -> None:
    with running() as real:
        section = WorkloadsSection(
            engine="docker", docker_url=real.url, prune_threshold_percent=0.001
        )
        found = engine(case(section))
        assert (found.state, found.configured) == ("ok", True)
        assert found.detail.startswith("version ")
        assert "API 1." in found.detail
        assert f"GiB free in {real.root}" in found.detail
        full = msgspec.structs.replace(section, prune_threshold_percent=100)
        found = engine(case(full))
        assert found.fails
        assert "below 100 % images are removed" in found.detail


def test_an_engine_that_is_away_fails_only_where_it_is_wanted(tmp_path: Path) -> None:
    url = f"unix://{tmp_path}/docker.sock"
    found = engine(case(WorkloadsSection(engine="auto", docker_url=url)))
    assert found.fails
    assert found.detail.startswith(f"{url}: ")
    assert "group docker" in found.grant
    found = engine(case(WorkloadsSection(docker_url=url)))
    assert (found.state, found.fails) == ("off", False)
    assert engine(case(WorkloadsSection(engine="process"))).state == "off"
