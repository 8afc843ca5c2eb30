"""The keeper over an engine in memory: each rule by an example."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from forepost.agent.workloads.microservices import NoSuchMicroservice, NotNow
from forepost.wire.workloads.delivery import Registry
from forepost.wire.workloads.manifest import (
    HealthCheck,
    PortMapping,
    UpdateRules,
    VolumeMapping,
    fingerprint,
)
from tests.fakes.keeping import Keeping, keeping, wanted

pytestmark = pytest.mark.anyio

PORTS = [PortMapping(internal=80, external=8080)]


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Keeping]:
    async with keeping(tmp_path) as one:
        yield one


async def test_what_is_wanted_runs_and_what_is_not_is_removed(site: Keeping) -> None:
    await site.want(wanted("a"), wanted("b", "good:2"))
    assert site.engine.running() == {"a": ["good:1"], "b": ["good:2"]}
    assert {one.state for one in site.keeper.statuses()} == {"RUNNING"}
    await site.want(wanted("b", "good:2"))
    assert site.engine.running() == {"b": ["good:2"]}
    assert [one.uuid for one in site.keeper.statuses()] == ["b"]
    assert len(site.engine.there) == 1


async def test_nothing_is_judged_before_it_is_known_what_is_wanted(site: Keeping) -> None:
    await site.want(wanted("a"))
    site.asked = None
    await site.crash()
    await site.clock.advance(300)
    assert site.engine.running() == {"a": ["good:1"]}
    assert list(site.keeper.statuses()) == []


async def test_an_equal_manifest_is_left_alone_over_restarts(site: Keeping) -> None:
    await site.want(wanted("a"))
    done = list(site.engine.done)
    await site.crash()
    site.engine.lose_power()
    await site.clock.advance(120)
    await site.want(wanted("a", config={"new": 1}, name="another"))
    await site.clock.advance(120)
    assert site.engine.done == done
    assert site.keeper.config_of("a") == '{"new":1}'


@pytest.mark.parametrize("more", [{}, {"ports": PORTS}])
async def test_a_replacement_that_works_stays(site: Keeping, more: dict[str, Any]) -> None:
    await site.want(wanted("a", **more))
    site.engine.done.clear()
    await site.want(wanted("a", "good:2", **more))
    assert site.status("a").state == "UPDATING"
    await site.clock.advance(29)
    assert len(site.engine.there) == 2
    await site.clock.advance(10)
    assert site.engine.running() == {"a": ["good:2"]}
    assert len(site.engine.there) == 1
    verbs = [verb for verb, _ in site.engine.done]
    first = ["stop", "start"] if more else ["start", "stop"]
    assert verbs == ["pull", "create", *first, "remove"]
    assert site.status("a").state == "RUNNING"


@pytest.mark.parametrize("image", ["crash:1", "sick:1", "slow:1"])
@pytest.mark.parametrize("more", [{}, {"ports": PORTS}])
async def test_a_replacement_that_does_not_work_is_refused_for_good(
    site: Keeping, image: str, more: dict[str, Any]
) -> None:
    await site.want(wanted("a", **more))
    await site.want(wanted("a", image, **more))
    await site.clock.advance(60)
    assert site.engine.running() == {"a": ["good:1"]}
    assert len(site.engine.there) == 1
    status = site.status("a")
    assert (status.state, status.refused) == ("RUNNING", True)
    assert status.problem
    assert status.wanted != status.running
    site.engine.done.clear()
    await site.clock.advance(3_600)
    await site.crash()
    await site.clock.advance(3_600)
    assert site.engine.done == []
    assert site.status("a").refused
    await site.want(wanted("a", "good:3", **more))
    await site.clock.advance(60)
    assert site.engine.running() == {"a": ["good:3"]}
    assert not site.status("a").refused


async def test_somebody_may_have_a_refused_one_tried_again(site: Keeping) -> None:
    await site.want(wanted("a", ports=PORTS))
    site.engine.faults["start"] = ["refused"]
    await site.want(wanted("a", "good:2", ports=PORTS))
    await site.clock.advance(60)
    assert site.status("a").problem == "the engine will not"
    assert site.engine.running() == {"a": ["good:1"]}
    await site.keeper.restart("a")
    await site.clock.advance(60)
    assert site.engine.running() == {"a": ["good:2"]}


async def test_a_port_that_is_held_a_while_longer_is_waited_for_but_not_for_ever(
    site: Keeping,
) -> None:
    await site.want(wanted("a", ports=PORTS))
    site.engine.faults["start"] = ["conflict", "conflict"]
    await site.want(wanted("a", "good:2", ports=PORTS))
    assert site.status("a").problem == "port is already allocated"
    await site.clock.advance(60)
    assert site.engine.running() == {"a": ["good:2"]}
    assert not site.status("a").refused
    site.engine.faults["start"] = ["conflict"] * 3
    await site.want(wanted("a", "good:3", ports=PORTS))
    await site.clock.advance(60)
    assert site.engine.running() == {"a": ["good:2"]}
    assert (site.status("a").refused, site.status("a").problem) == (
        True,
        "port is already allocated",
    )


async def test_an_image_of_an_unknown_registry_comes_from_no_other_one(site: Keeping) -> None:
    site.engine.local.add("good:2")
    await site.want(wanted("a"), wanted("b", "good:2", registry="ours"))
    await site.want(wanted("a", "good:3", registry="ours"), wanted("b", "good:2", registry="ours"))
    await site.clock.advance(300)
    assert site.engine.running() == {"a": ["good:1"]}
    assert ("pull", "b") not in site.engine.done
    words = "registry: none of this name is known here: ours"
    assert [site.status(one).problem for one in "ab"] == [words, words]
    registries = [Registry(name="ours", url="docker.io")]
    await site.keeper.want([*site.keeper.wanted.values()], registries)
    await site.clock.advance(60)
    assert site.engine.running() == {"a": ["good:3"], "b": ["good:2"]}


async def test_a_registry_out_of_reach_stops_nothing(site: Keeping) -> None:
    await site.want(wanted("a"))
    site.engine.registry_away = True
    await site.want(wanted("a", "good:2"), wanted("b", "good:3"))
    await site.clock.advance(900)
    assert site.engine.running() == {"a": ["good:1"]}
    status = site.status("a")
    assert (status.state, status.problem) == ("RUNNING", "dial tcp: connection refused")
    assert site.status("b").state == "FAILED"
    site.engine.stop_by_hand("a")
    await site.clock.advance(1)
    assert site.engine.running() == {"a": ["good:1"]}
    site.engine.registry_away = False
    await site.clock.advance(400)
    assert site.engine.running() == {"a": ["good:2"], "b": ["good:3"]}


async def test_a_pull_is_given_up_where_something_else_is_wanted(site: Keeping) -> None:
    await site.want(wanted("a"))
    site.engine.faults["pull"] = ["hangs before"]
    await site.want(wanted("a", "good:2"))
    await site.clock.advance(60)
    assert site.status("a").state == "UPDATING"
    await site.want(wanted("a", "good:3"))
    await site.clock.advance(60)
    assert site.engine.running() == {"a": ["good:3"]}


async def test_an_image_of_another_architecture_stops_nothing(site: Keeping) -> None:
    await site.want(wanted("a"))
    await site.want(wanted("a", "alien:1"))
    await site.clock.advance(60)
    assert site.engine.running() == {"a": ["good:1"]}
    status = site.status("a")
    assert status.refused
    assert status.problem == "the image is for arm64, this host is amd64"


async def test_without_space_nothing_is_pulled(site: Keeping) -> None:
    await site.want(wanted("a"))
    site.engine.free_bytes = 1 << 20
    await site.clock.advance(31)
    await site.want(wanted("a", "good:2"))
    assert "too little" in site.status("a").problem
    assert site.engine.running() == {"a": ["good:1"]}
    assert site.engine.local == {"good:1"}
    site.engine.free_bytes = 10 << 30
    await site.clock.advance(200)
    assert site.engine.running() == {"a": ["good:2"]}


async def test_stuck_in_restart_it_is_tried_with_pauses(site: Keeping) -> None:
    await site.want(wanted("a", "crash:1"))
    await site.clock.advance(120)
    status = site.status("a")
    assert status.state == "STUCK_IN_RESTART"
    assert status.restarts >= 10
    starts = 0
    for _ in range(120):
        site.engine.done.clear()
        await site.clock.advance(30)
        starts += site.engine.done.count(("start", "a"))
    assert 8 <= starts <= 40
    (one,) = site.engine.of("a")
    one.image = "good:1"  # what it needed is there again
    await site.clock.advance(1_200)
    assert site.status("a").state == "RUNNING"
    assert site.status("a").restarts == 0


async def test_what_holds_its_lock_is_not_touched(site: Keeping) -> None:
    lock = UpdateRules(lock="/tmp/busy")
    await site.want(wanted("a", update=lock))
    site.engine.held.add("a")
    await site.want(wanted("a", "good:2", update=lock))
    await site.clock.advance(600)
    assert site.engine.running() == {"a": ["good:1"]}
    assert "holds its lock" in site.status("a").problem
    with pytest.raises(NotNow, match="lock"):
        await site.keeper.restart("a")
    await site.want()
    await site.clock.advance(600)
    assert site.engine.running() == {"a": ["good:1"]}
    assert "holds its lock" in site.status("a").problem
    site.engine.held.clear()
    await site.clock.advance(10)
    assert site.engine.running() == {}


async def test_what_the_site_refuses_does_not_run(site: Keeping) -> None:
    await site.want(wanted("a", refused="privileged: not here"))
    assert site.engine.there == {}
    with pytest.raises(NotNow, match="it is refused: privileged: not here"):
        await site.keeper.restart("a")
    status = site.status("a")
    assert (status.state, status.refused) == ("FAILED", True)
    await site.want(wanted("a"))
    await site.want(wanted("a", "good:2", refused="privileged: not here"))
    await site.clock.advance(600)
    assert site.engine.running() == {"a": ["good:1"]}
    assert site.status("a").problem == "privileged: not here"
    await site.want(wanted("a", refused="no longer"))
    await site.clock.advance(60)
    assert site.engine.running() == {}


async def test_a_volume_of_others_is_refused_until_it_is_gone(site: Keeping) -> None:
    site.engine.volumes_of_others.add("theirs")
    volumes = [VolumeMapping(source="theirs", target="/data")]
    await site.want(wanted("a", volumes=volumes))
    status = site.status("a")
    assert (status.state, status.refused) == ("FAILED", True)
    site.engine.volumes_of_others.clear()
    await site.clock.advance(60)
    assert (site.status("a").state, site.status("a").refused) == ("RUNNING", False)


async def test_one_whose_check_fails_says_so(
    site: Keeping, caplog: pytest.LogCaptureFixture
) -> None:
    await site.want(wanted("a", "sick:1", name="pump"), wanted("b", "none:1", name="valve"))
    assert site.status("a").problem == "its health check fails"
    assert "valve (b): FAILED: manifest unknown" in caplog.text


async def test_the_health_window_begins_with_the_start(site: Keeping) -> None:
    check = HealthCheck(test=["x"], window=100)
    await site.want(wanted("a"))
    await site.want(wanted("a", "slow:1", health=check))
    await site.clock.advance(90)
    assert site.status("a").state == "UPDATING"
    await site.crash()
    await site.clock.advance(90)
    assert site.status("a").state == "UPDATING"
    await site.clock.advance(40)
    assert site.status("a").problem == "it was not healthy within 100 s"


async def test_changes_are_told_and_only_they(site: Keeping) -> None:
    await site.want(wanted("a"))
    with anyio.move_on_after(0.2) as scope:
        await site.keeper.changed()
    assert scope.cancelled_caught
    heard = anyio.Event()

    async def listen() -> None:
        await site.keeper.changed()
        heard.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listen)
        await site.clock.advance(90)
        assert not heard.is_set()
        site.engine.stop_by_hand("a")
        await site.clock.advance(1)
        assert heard.is_set()


async def test_a_name_is_as_good_as_a_number(site: Keeping) -> None:
    await site.want(wanted("a", name="pump"), wanted("b", name="twin"), wanted("c", name="twin"))
    site.engine.done.clear()
    await site.keeper.restart("pump")
    assert site.engine.done == [("stop", "a"), ("start", "a")]
    with pytest.raises(NoSuchMicroservice, match="2 microservices: say which by its uuid"):
        await site.keeper.restart("twin")
    with pytest.raises(NoSuchMicroservice, match="no microservice"):
        site.keeper.logs("x", 1, follow=False)
    await site.clock.advance(60)
    assert site.status("a").restarts == 0


async def test_a_replacement_on_trial_may_be_restarted(site: Keeping) -> None:
    await site.want(wanted("a", ports=PORTS))
    await site.want(wanted("a", "good:2", ports=PORTS))
    await site.clock.advance(10)
    assert site.engine.running() == {"a": ["good:2"]}
    await site.keeper.restart("a")
    assert site.engine.running() == {"a": ["good:2"]}
    await site.clock.advance(40)
    assert len(site.engine.there) == 1
    assert site.status("a").state == "RUNNING"


async def test_use_is_measured_between_two_looks(site: Keeping) -> None:
    await site.want(wanted("a"))
    await site.clock.advance(65)
    status = site.status("a")
    assert status.memory_bytes == 1 << 20
    assert status.cpu_percent == pytest.approx(10)


async def test_old_images_that_were_pulled_here_are_pruned(site: Keeping) -> None:
    site.engine.local.add("theirs:1")
    for number in (1, 2, 3, 4):
        await site.want(wanted("a", f"good:{number}"))
        await site.clock.advance(60)
    pruned = await site.keeper.prune()
    assert (pruned.images, pruned.bytes) == (2, 2 << 20)
    assert site.engine.local == {"theirs:1", "good:3", "good:4"}


async def test_a_copy_of_our_container_is_one_too_many(site: Keeping) -> None:
    await site.want(wanted("a"))
    (one,) = site.engine.of("a")
    other = wanted("a", "good:9").microservice
    site.engine.local.add("good:9")
    number = await site.engine.create(other, "good:9", "nobody")
    await site.engine.start(number)
    await site.clock.advance(60)
    assert list(site.engine.there) == [one.number]
    assert site.status("a").running == fingerprint(one.microservice)
