"""Whatever is wanted, fails or ends, and when: exactly the wanted runs then, nothing twice."""

from collections.abc import Awaitable, Callable
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, get_args

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.agent.workloads.microservices import WantedMicroservice
from forepost.agent.workloads.reconcile import (
    CreateContainer,
    PullImage,
    RefuseManifest,
    RemoveContainer,
    StartContainer,
    Step,
    StopContainer,
)
from forepost.wire.workloads.manifest import PortMapping, UpdateRules, fingerprint
from tests.fakes.containers import Fault, Verb
from tests.fakes.keeping import Keeping, keeping, wanted

VERBS: Final[dict[type, Verb | None]] = {
    PullImage: "pull",
    CreateContainer: "create",
    StartContainer: "start",
    StopContainer: "stop",
    RemoveContainer: "remove",
    RefuseManifest: None,  # of this host: what is done to the file stands for it
}
FAULTS: Final[tuple[Fault, ...]] = get_args(Fault)
LONG_SEC: Final = 3_000.0
"""Longer than all pauses and windows together."""


def test_no_step_is_left_out() -> None:
    assert set(VERBS) == set(get_args(Step))
    assert {verb for verb in VERBS.values() if verb} == set(get_args(Verb))


PORT: Final[dict[str, Any]] = {"ports": [PortMapping(internal=80, external=8080)]}
LOCK: Final[dict[str, Any]] = {"update": UpdateRules(lock="/lock")}
IMAGES: Final = ["good:1", "good:2", "crash:1", "sick:1", "none:1", "alien:1"]

microservices = st.builds(
    lambda uuid, image, more: wanted(uuid, image, **more),
    st.sampled_from("ab"),
    st.sampled_from(IMAGES),
    st.sampled_from([{}, LOCK]),
)
documents = st.lists(microservices, max_size=2, unique_by=lambda one: one.microservice.uuid)
"""Only `a` has the port: two that want one are another matter."""
documents = documents.map(
    lambda some: [
        wanted("a", one.microservice.image, **PORT)
        if one.microservice.uuid == "a" and not one.microservice.update.lock
        else one
        for one in some
    ]
)


class Action:
    def __init__(self, name: str, act: Callable[[Keeping], Awaitable[None]]) -> None:
        self.name, self.act = name, act

    def __repr__(self) -> str:
        return self.name


def _plain(name: str, does: Callable[[Keeping], None]) -> Action:
    async def act(site: Keeping) -> None:
        does(site)
        await site.clock.advance(0)

    return Action(name, act)


def _toggle(site: Keeping, name: str) -> None:
    setattr(site.engine, name, not getattr(site.engine, name))


def _spoil(site: Keeping) -> None:
    """The file of what is remembered cannot be written, and is not there after a crash."""
    if not site.file.is_dir():
        site.file.unlink(missing_ok=True)
        site.file.mkdir()


def _mend(site: Keeping) -> None:
    if site.file.is_dir():
        site.file.rmdir()


actions: st.SearchStrategy[Action] = st.one_of(
    documents.map(lambda some: Action(f"want {_names(some)}", lambda site: site.want(*some))),
    st.sampled_from([1.0, 7.0, 40.0, 400.0]).map(
        lambda sec: Action(f"{sec:g} s", lambda site: site.clock.advance(sec))
    ),
    st.tuples(st.sampled_from(get_args(Verb)), st.sampled_from(FAULTS)).map(
        lambda fault: _plain(
            f"{fault[0]} {fault[1]}", lambda site: site.engine.faults[fault[0]].append(fault[1])
        )
    ),
    st.sampled_from(
        [
            Action("agent killed", Keeping.crash),
            _plain("power lost", lambda site: site.engine.lose_power()),
            _plain("engine killed", lambda site: site.engine.kill()),
            _plain("engine away or back", lambda site: _toggle(site, "away")),
            _plain("registry away or back", lambda site: _toggle(site, "registry_away")),
            _plain("a stopped", lambda site: site.engine.stop_by_hand("a")),
            _plain("b stopped", lambda site: site.engine.stop_by_hand("b")),
            _plain("a removed", lambda site: site.engine.remove_by_hand("a")),
            _plain("lock held", lambda site: site.engine.held.update("ab")),
            _plain("lock free", lambda site: site.engine.held.clear()),
            _plain("file spoilt", _spoil),
            _plain("file mended", _mend),
        ]
    ),
)


def _names(some: list[WantedMicroservice]) -> str:
    return " ".join(f"{one.microservice.uuid}={one.microservice.image}" for one in some)


@settings(max_examples=150)
@given(st.lists(actions, max_size=14))
def test_any_sequence_ends_in_exactly_what_is_wanted(steps: list[Action]) -> None:
    with TemporaryDirectory() as folder:
        anyio.run(_play, Path(folder), steps)


async def _play(folder: Path, steps: list[Action]) -> None:
    async with keeping(folder) as site:
        for step in steps:
            await step.act(site)
            site.engine.check()
        await _settle(site)
        for one in list(site.asked or ()):
            status = site.status(one.microservice.uuid)
            if status.refused and one.microservice.image.startswith("good"):
                # it could not be started, or was stopped, when it was tried
                assert status.problem
                await site.keeper.restart(one.microservice.uuid)
        await site.clock.advance(LONG_SEC)
        _is_right(site)


async def _settle(site: Keeping, sec: float = LONG_SEC) -> None:
    """All that was wrong is over."""
    engine = site.engine
    engine.faults.clear()
    engine.away = engine.registry_away = False
    engine.held.clear()
    _mend(site)
    await site.crash()  # whatever hangs
    await site.clock.advance(sec)


def _is_right(site: Keeping) -> None:
    engine, asked = site.engine, {one.microservice.uuid: one for one in site.asked or ()}
    if site.asked is None:
        return
    engine.check()
    for uuid in {one.microservice.uuid for one in engine.there.values()}:
        assert uuid in asked, "not wanted, and there"
        assert len(engine.of(uuid)) == 1, "there twice"
    for uuid, one in asked.items():
        here = engine.of(uuid)
        status = site.status(uuid)
        if one.microservice.image.startswith("good"):
            (only,) = here
            assert only.state == "running"
            assert fingerprint(only.microservice) == status.wanted == status.running
            assert (status.state, status.problem, status.refused) == ("RUNNING", "", False)
            continue
        assert status.problem or status.state in ("STUCK_IN_RESTART", "RUNNING", "RESTARTING")
        if here and fingerprint(here[0].microservice) != status.wanted:
            assert here[0].state == "running" or here[0].image.startswith("crash")


@pytest.mark.anyio
@pytest.mark.parametrize(("verb", "fault"), list(product(get_args(Verb), FAULTS)))
@pytest.mark.parametrize("more", [{}, PORT], ids=["beside", "with a port"])
@pytest.mark.parametrize("image", ["good:2", "crash:1"])
@pytest.mark.parametrize("calls", [0, 1])
async def test_each_step_of_a_replacement_fails_in_each_way(
    tmp_path: Path, verb: Verb, fault: Fault, more: dict[str, Any], image: str, calls: int
) -> None:
    """At its first or second call; whatever hangs, the agent is killed in it."""
    async with keeping(tmp_path) as site:
        await site.want(wanted("a", **more))
        none: list[Any] = [None] * calls
        site.engine.faults[verb] = [*none, fault]
        await site.want(wanted("a", image, **more))
        await site.clock.advance(60)
        site.engine.check()
        await _settle(site, 200)
        (only,) = site.engine.of("a")
        assert only.state == "running"
        if image.startswith("crash"):
            assert only.image == "good:1"
        elif only.image == "good:1":
            assert (verb, fault) == ("start", "refused")
            assert site.status("a").refused
        else:
            assert only.image == "good:2"
