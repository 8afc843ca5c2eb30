"""Whatever comes, in whatever order: a run has one final state, and never runs twice at a time."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.agent.jobs.runs import ScriptEnd
from forepost.wire.jobs.delivery import OVER, WantedRun, Wish
from tests.fakes.run_site import RunSite, script, site, uid, wanted

WISHES = st.sampled_from(["run", "run", "run", "pause", "cancel", None])
EVENTS = st.one_of(
    st.tuples(st.just("document"), st.lists(WISHES, min_size=6, max_size=6)),
    st.tuples(st.just("end"), st.integers(0, 5), st.sampled_from([0, 1, -9])),
    st.tuples(st.sampled_from(["tick", "crash", "kept"])),
    st.tuples(st.sampled_from(["disk", "pause"]), st.booleans()),
    st.tuples(st.just("command"), st.sampled_from(["a", "b"]), st.booleans()),
)


class History:
    """What happens to one agent, an event at a time."""

    def __init__(self, here: RunSite) -> None:
        self.here = here
        self.last: list[WantedRun] = []

    def happen(self, number: int, name: str, *said: Any) -> None:
        getattr(self, f"_{name}")(number, *said)
        self.here.tick()

    def come_to_rest(self) -> None:
        self.here.full = self.here.paused = False
        self.here.runs.want([one for one in self.last if one.wish != "pause"], self.here.now)
        for _ in range(60):
            self.here.tick()
            for run in list(self.here.processes):
                self.here.end(run, ScriptEnd(exit_code=0))

    def _document(self, _: int, wishes: list[Wish | None]) -> None:
        self.last = [
            wanted(place, script(f"s{place}", again=place == 5), wish=wish)
            for place, wish in enumerate(wishes)
            if wish is not None
        ]
        self.here.runs.want(self.last, self.here.now)

    def _command(self, number: int, name: str, again: bool) -> None:
        try:
            self.here.runs.command(script(name, again), uid(1_000 + number), self.here.now)
        except OSError:
            assert self.here.full

    def _end(self, _: int, place: int, code: int) -> None:
        running = sorted(self.here.processes)
        if running:
            self.here.end(running[place % len(running)], ScriptEnd(exit_code=code))

    def _crash(self, _: int) -> None:
        self.here.start()
        self.here.runs.want(self.last, self.here.now)

    def _tick(self, _: int) -> None:
        self.here.tick()

    def _disk(self, _: int, full: bool) -> None:
        self.here.full = full

    def _pause(self, _: int, paused: bool) -> None:
        self.here.paused = paused

    def _kept(self, _: int) -> None:
        self.here.runs.kept([one.uid for one in self.here.runs.told if one.is_over])


@settings(max_examples=250, deadline=None)
@given(st.lists(EVENTS, min_size=5, max_size=60))
def test_each_run_has_one_end_and_runs_once(events: list[tuple[Any, ...]]) -> None:
    with site() as here:
        history = History(here)
        history.happen(0, "document", ["run"] * 6)
        for number, event in enumerate(events):
            history.happen(number, *event)
        history.come_to_rest()
        assert [one for one in here.runs.all if one.state not in OVER] == []
        assert {run: states for run, states in here.told.items() if len(states) > 1} == {}
        for run, count in here.begun.items():
            one = here.runs.get(run)
            assert one is not None
            assert one.job.script is not None
            assert count == 1 or one.job.script.again, run
