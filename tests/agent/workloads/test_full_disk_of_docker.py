"""A full disk stops nothing that runs, whichever step finds it full."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final, get_args

import pytest

from forepost.wire.workloads.manifest import PortMapping
from tests.fakes.containers import Verb
from tests.lab.container_engine import IMAGE, ContainerEngine, docker_archive, running
from tests.lab.image_registry import registry
from tests.lab.microservices import Call, HookedEngine, kept, ours, wanted
from tests.lab.small_disk import fill, mounted

pytestmark = pytest.mark.anyio

PORTS: Final = [PortMapping(internal=80, external=8080)]
DISK_MB: Final = 192


@pytest.fixture(scope="module")
def small() -> Iterator[tuple[ContainerEngine, Path]]:
    """An engine on a disk of its own, and the disk."""
    place = Path(mkdtemp(prefix="fpd-", dir="/tmp"))
    try:
        with mounted(place / "disk", DISK_MB) as disk, running(disk / "data") as engine:
            yield engine, disk
    finally:
        (place / "disk").rmdir()
        place.rmdir()


async def test_a_container_cannot_be_made(
    small: tuple[ContainerEngine, Path], tmp_path: Path
) -> None:
    docker, disk = small
    docker.clear()
    async with kept(docker, tmp_path) as site:
        await site.runs(wanted("a", ports=PORTS))
        other = fill(disk)
        try:
            await site.want(wanted("a", ports=PORTS, env={"NEW": "1"}))
            status = await site.until("a", lambda status: "no space left" in status.problem)
            assert status.running != status.wanted
            assert ours(docker) == [("running", IMAGE)]
        finally:
            other.unlink()
        await site.runs(wanted("a", ports=PORTS, env={"NEW": "1"}))


async def test_an_image_does_not_fit(small: tuple[ContainerEngine, Path], tmp_path: Path) -> None:
    docker, disk = small
    docker.clear()
    with registry(tmp_path, docker) as images:
        large = images.put_archive("large:1", docker_archive("l:1", more=bytes(240 << 20)))
        fits = images.put_archive("fits:1", docker_archive("f:1", more=b"fits"))
        async with kept(docker, tmp_path) as site:
            await site.runs(wanted("a", ports=PORTS))
            await site.want(wanted("a", large, ports=PORTS))
            status = await site.until("a", lambda status: "no space left" in status.problem)
            assert ours(docker) == [("running", IMAGE)]
            other = fill(disk)
            try:
                await site.want(wanted("a", fits, ports=PORTS))
                status = await site.until("a", lambda status: "space" in status.problem)
                assert status.state in ("RUNNING", "UPDATING")
                assert ours(docker) == [("running", IMAGE)]
            finally:
                other.unlink()
            await site.runs(wanted("a", fits, ports=PORTS))
    assert ours(docker) == [("running", fits)]


@pytest.mark.parametrize("verb", get_args(Verb))
async def test_it_is_full_in_the_middle_of_each_step(
    small: tuple[ContainerEngine, Path], tmp_path: Path, verb: Verb
) -> None:
    docker, disk = small
    docker.clear()
    engine = HookedEngine(docker)

    async def while_full(call: Call) -> Any:
        other = fill(disk)
        try:
            return await call()
        finally:
            other.unlink()

    with registry(tmp_path, docker) as images:
        two = images.put_archive(f"{verb}:2", docker_archive("l:1", more=verb.encode()))
        async with kept(docker, tmp_path, engine) as site:
            await site.runs(wanted("a", ports=PORTS), wanted("b"))
            engine.once[verb] = while_full
            await site.want(wanted("a", two, ports=PORTS), wanted("b"))
            await site.until_rest(lambda: not engine.once)
            await site.until("a", lambda status: status.state == "RUNNING")
            status = site.status("a")
            if status is not None and status.refused:  # it could not be started
                assert ours(docker) == [("running", IMAGE)] * 2
                await site.keeper.restart("a")
            await site.runs(wanted("a", two, ports=PORTS), wanted("b"))
            await site.until_rest(lambda: len(docker.containers()) == 2)
    assert ours(docker) == sorted([("running", two), ("running", IMAGE)])


async def test_little_space_is_told_before_anything_is_pulled(
    small: tuple[ContainerEngine, Path], tmp_path: Path
) -> None:
    docker, disk = small
    docker.clear()
    (disk / "other").write_bytes(bytes((DISK_MB - 60) << 20))
    try:
        async with kept(docker, tmp_path) as site:
            await site.runs(wanted("a"))
            await site.want(wanted("a", "198.18.7.7:5000/none:1"))
            status = await site.until("a", lambda status: "too little" in status.problem)
            assert status.state == "RUNNING"
    finally:
        (disk / "other").unlink()
