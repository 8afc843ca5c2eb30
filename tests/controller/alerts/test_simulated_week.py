"""Weeks of flapping, outages, restarts, windows over both changes of the clocks, late spools."""

from datetime import timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forepost.controller.alerts.flaps import SPAN
from forepost.controller.db.engine import Database
from tests.controller.alerts.simulated_week import BAD, GOOD, PROBES, WORSE, SimulatedWeek, at
from tests.controller.alerts.test_windows import window
from tests.metadata import sqlite_url

BEFORE_CHANGES = ("2026-03-27T20:00", "2026-10-23T20:00")
"""Two days before the clocks of Berlin are changed, at 02:00 and 03:00."""

MOST_OF_INCIDENT = 10
"""Messages within ten minutes: three times begun and ended, flapping, how it stays, and growth."""

_probe = st.sampled_from(sorted(PROBES))
_loss = st.sampled_from((GOOD, GOOD, BAD, WORSE))
_ago = st.integers(6, 240)
STEP = st.one_of(
    st.tuples(st.just("result"), _probe, _loss),
    st.tuples(st.just("result"), _probe, _loss),
    st.tuples(st.just("flap"), _probe),
    st.tuples(st.just("outage"), st.sampled_from((1, 2))),
    st.tuples(st.just("well"), st.sampled_from((1, 2))),
    st.tuples(st.just("spool"), _probe, st.lists(st.tuples(_ago, _loss), min_size=1, max_size=6)),
    st.tuples(st.just("swapped"), _probe, _loss),
    st.tuples(st.just("wait"), st.sampled_from((0.1, 1, 6, 45, 300, 720))),
    st.tuples(st.just("window"), st.booleans()),
    st.tuples(st.just("restart")),
    st.tuples(st.just("broken"), st.booleans()),
    st.tuples(st.just("quiet")),
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(start=st.sampled_from(BEFORE_CHANGES), steps=st.lists(STEP, min_size=5, max_size=40))
def test_who_believes_the_last_message_is_right(start: str, steps: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        anyio.run(partial(_live, Path(folder), start, steps))


async def _live(folder: Path, start: str, steps: list[Any]) -> None:
    db = Database.at(sqlite_url(folder))
    try:
        week = SimulatedWeek(db, at(start))
        await week.lay()
        for step in steps:
            await _do(week, *step)
            await week.wait(0.05)
        await _check(week)
    finally:
        await db.close()


async def _do(week: SimulatedWeek, what: str, *how: Any) -> None:  # noqa: C901, PLR0912 - a table of steps
    match what:
        case "result":
            probe, loss = how
            await week.results(probe, [(0, loss)])
        case "flap":
            for loss in (BAD, GOOD, WORSE, GOOD, BAD):
                await week.results(how[0], [(0, loss)])
                await week.wait(0.02)
        case "outage" | "well":
            for probe, agent in PROBES.items():
                if agent == how[0]:
                    await week.results(probe, [(0, WORSE if what == "outage" else GOOD)])
        case "spool":
            probe, losses = how
            await week.results(probe, sorted(losses, key=lambda one: -one[0]))
        case "swapped":
            probe, loss = how
            await week.results(probe, [(0, loss), (1, WORSE - loss)])
        case "wait":
            await week.wait(how[0])
        case "window":
            begin = week.clock.now() - timedelta(hours=1)
            nightly = window(
                id=len(week.windows) + 1,
                starts_at=begin,
                ends_at=begin + timedelta(hours=4),
                recurrence="daily",
                timezone="Europe/Berlin",
                probe_ids=[1, 3] if how[0] else [],
                agent_ids=[] if how[0] else [2],
            )
            await week.add(nightly)
        case "restart":
            await week.restart()
        case "broken":
            week.is_broken = how[0]
        case "quiet":
            await _check(week)


async def _check(week: SimulatedWeek) -> None:
    await week.settle()
    believed, truth = week.believed(), await week.truth()
    for incident, severity in truth.items():
        # What may not be told yet changes nothing of what was told.
        if severity:
            assert believed.get(incident) == severity, (incident, week.messages)
    over = {incident for incident, said in believed.items() if said} - truth.keys()
    assert over == set(), week.messages
    for incident in believed:
        told = [one for one in week.messages if one.incident == incident]
        for one, next_ in pairwise(told):
            assert one.seq < next_.seq, told
            # Between them something was tried: whether it came is not known.
            is_unsure = next_.seq > one.seq + 1
            is_news = next_.event in ("grew", "flapping") or _meaning(one) != _meaning(next_)
            assert is_news or is_unsure, told
    assert week.most_within(SPAN) <= MOST_OF_INCIDENT, week.messages
    open_probes = await week.open_probes()
    for probe, is_bad in week.bad_live.items():
        assert not is_bad or probe in open_probes, (probe, open_probes)
    assert open_probes.isdisjoint(week.well()), open_probes


def _meaning(message: Any) -> str:
    said = {"resolved": "", "flapping": "flapping"}
    return str(said.get(message.event, message.severity))
