"""Whatever comes, in whatever order: a run has one final state, and never runs twice at a time."""

import logging
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from forepost.agent.jobs.course import (
    MOST_SCRIPTS,
    BeginRun,
    EndRun,
    RunSituation,
    StopScript,
    decisions,
)
from forepost.agent.jobs.journal import RunJournal
from forepost.agent.jobs.record import SCRIPT_STEPS, RunRecord, Step
from forepost.agent.jobs.run_numbers import RunNumbers
from forepost.agent.jobs.runs import Runs, ScriptEnd, highest_run
from forepost.kit.health import Health
from forepost.wire.jobs.delivery import OVER, RunState, WantedRun, Wish
from forepost.wire.jobs.job import Job, JobPeer, JobScript, JobTriggers
from forepost.wire.jobs.transfer import TransferStatus

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SCRIPT = JobScript(command="true")
AGAIN = JobScript(command="true", again=True)
PEER = JobPeer(deviceid="A" * 32)


def uid(number: int) -> str:
    return f"{number:032x}"


def script(name: str = "s", again: bool = False) -> Job:
    return Job(name=name, type="script", script=AGAIN if again else SCRIPT)


class FullDisk(RunJournal):
    """A journal whose disk may be full."""

    full = False

    def put(self, record: RunRecord) -> None:
        if self.full:
            raise OSError(28, "No space left on device")
        super().put(record)


class Site:
    """An agent without clock and processes: what is decided is done, and may be cut off."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = NOW
        self.paused = False
        self.begun: Counter[str] = Counter()
        self.told: dict[str, set[RunState]] = {}
        self.transfers: dict[str, TransferStatus] = {}
        self.full = False
        self.start()

    def start(self) -> None:
        self.processes: dict[str, Step] = {}
        self.journal = FullDisk(self.folder, self.now.timestamp())
        self.journal.full = self.full
        loaded = self.journal.load()
        health = Health(logging.getLogger("test"))
        numbers = RunNumbers(self.folder, highest_run(loaded), health)
        self.runs = Runs(self.journal, numbers, loaded, health)
        self.runs.recover(self.now)

    def tick(self) -> None:
        self.now += timedelta(seconds=1)
        self.journal.full = self.full
        self.runs.settle()
        situation = RunSituation(
            now=self.now,
            paused=self.paused,
            running=frozenset(self.processes),
            transfers=self.transfers,
        )
        for one in decisions(self.runs.all, situation):
            match one:
                case BeginRun(run, step):
                    if self.runs.begin(run, step, self.now) and step in SCRIPT_STEPS:
                        assert run not in self.processes
                        self.processes[run] = step
                        self.begun[run] += 1
                case StopScript(run):
                    self.end(run, ScriptEnd(exit_code=-9, stopped=True))
                case EndRun(run, state, reason):
                    self.runs.end(run, state, reason, self.now)
        assert len(self.processes) <= MOST_SCRIPTS
        lanes = [self.runs.get(run).lane for run in self.processes]  # type: ignore[union-attr]
        assert len(set(lanes)) == len(lanes)
        self.tell()

    def end(self, run: str, end: ScriptEnd) -> None:
        step = self.processes.pop(run)
        assert step in SCRIPT_STEPS
        self.runs.script_ended(run, step, end, self.now)  # type: ignore[arg-type]

    def tell(self) -> None:
        for one in self.runs.told:
            if one.is_over:
                self.told.setdefault(one.uid, set()).add(one.state)

    def state(self, number: int) -> RunState | None:
        found = self.runs.get(uid(number))
        return found.state if found else None


@contextmanager
def site() -> Iterator[Site]:
    with tempfile.TemporaryDirectory() as folder:
        yield Site(Path(folder))


def wanted(number: int, job: Job | None = None, **fields: object) -> WantedRun:
    return WantedRun(
        uid=uid(number), run_id=number, job_id=number, job=job or script(f"s{number}"),
        **fields,  # type: ignore[arg-type]
    )  # fmt: skip


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

    def __init__(self, here: Site) -> None:
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


def test_delivered_twice_it_runs_once() -> None:
    with site() as here:
        for _ in range(3):
            here.runs.want([wanted(1)], here.now)
            here.tick()
        assert here.processes == {uid(1): "script"}
        here.end(uid(1), ScriptEnd(exit_code=0))
        assert here.state(1) == "finished"
        here.runs.want([], here.now)
        here.runs.want([wanted(1)], here.now)
        here.tick()
        assert here.begun[uid(1)] == 1
        here.start()
        here.runs.want([wanted(1)], here.now)
        here.tick()
        assert here.begun[uid(1)] == 1
        assert here.told[uid(1)] == {"finished"}


def test_a_restored_controller_hears_the_end_again_and_nothing_runs() -> None:
    with site() as here:
        here.runs.want([wanted(1)], here.now)
        here.tick()
        here.end(uid(1), ScriptEnd(exit_code=1))
        here.runs.kept([uid(1)])
        assert here.runs.told == []
        here.runs.want([wanted(1)], here.now)
        (told,) = here.runs.told
        assert told.state == "error"
        here.runs.kept([uid(1)])
        assert here.runs.told == []
        record = here.runs.get(uid(1))
        assert record is not None
        here.journal.forget(record)
        here.start()
        here.runs.want([wanted(1)], here.now)
        here.tick()
        (last,) = here.runs.told
        assert (last.state, last.run_id) == ("error", 1)
        assert here.begun[uid(1)] == 1


def test_a_crash_in_the_middle_is_interrupted_and_again_only_where_it_is_said() -> None:
    with site() as here:
        document = [wanted(1), wanted(2, script("again", again=True))]
        here.runs.want(document, here.now)
        here.tick()
        here.start()
        here.runs.want(document, here.now)
        here.tick()
        assert here.state(1) == "interrupted"
        assert here.processes == {uid(2): "script"}
        assert (here.begun[uid(1)], here.begun[uid(2)]) == (1, 2)


def test_a_run_that_cannot_be_written_down_does_not_begin() -> None:
    with site() as here:
        here.full = True
        here.runs.want([wanted(1)], here.now)
        here.tick()
        assert here.processes == {}
        assert here.state(1) == "delivered"
        here.full = False
        here.tick()
        here.full = True
        here.tick()
        here.end(uid(1), ScriptEnd(exit_code=0))
        here.tick()
        assert here.told == {}, "an end that a crash would undo is not told"
        here.full = False
        here.tick()
        assert here.told == {uid(1): {"finished"}}


def test_a_run_is_lost_when_its_time_was_over() -> None:
    with site() as here:
        soon, late = NOW + timedelta(seconds=5), NOW + timedelta(seconds=60)
        document = [wanted(1, expires_at=soon, wish="pause"), wanted(2, expires_at=late)]
        here.runs.want(document, here.now)
        for _ in range(10):
            here.tick()
        assert here.state(1) == "lost"
        assert here.state(2) == "started"
        for _ in range(100):
            here.tick()
        assert here.state(2) == "started", "it has begun"


def test_jitter_is_the_agent_s_own_and_stays_the_same() -> None:
    with site() as here:
        here.runs.want([wanted(number, jitter_sec=3_600) for number in range(50)], here.now)
        at = [one.begin_at for one in here.runs.all]
        assert len(set(at)) > 45
        assert all(one is not None and NOW <= one < NOW + timedelta(hours=1) for one in at)
        here.tick()
        assert here.processes == {}
        here.runs.want([wanted(number, jitter_sec=3_600) for number in range(50)], here.now)
        assert [one.begin_at for one in here.runs.all] == at


def test_few_scripts_run_at_a_time_and_the_others_follow() -> None:
    with site() as here:
        here.runs.want([wanted(number) for number in range(10)], here.now)
        here.tick()
        assert sorted(here.processes) == [uid(number) for number in range(MOST_SCRIPTS)]
        here.end(uid(0), ScriptEnd(exit_code=0))
        here.tick()
        assert uid(MOST_SCRIPTS) in here.processes


def test_a_pause_lets_a_script_finish_and_begins_none() -> None:
    with site() as here:
        here.runs.want([wanted(1)], here.now)
        here.tick()
        here.paused = True
        here.runs.want([wanted(1), wanted(2)], here.now)
        here.tick()
        assert set(here.processes) == {uid(1)}
        here.end(uid(1), ScriptEnd(exit_code=0))
        here.tick()
        assert here.state(1) == "finished"
        assert here.state(2) == "delivered"
        here.paused = False
        here.tick()
        assert here.state(2) == "started"


def test_what_a_controller_wants_no_more_ends() -> None:
    with site() as here:
        here.runs.want([wanted(1), wanted(2, wish="pause")], here.now)
        here.tick()
        here.runs.want([], here.now)
        here.tick()
        assert here.processes == {}
        assert (here.state(1), here.state(2)) == ("canceled", "canceled")


def test_the_same_name_replaces_and_waits_for_the_former_to_end() -> None:
    with site() as here:
        here.runs.command(script("a"), uid(1), here.now)
        here.tick()
        here.runs.command(script("a"), uid(2), here.now + timedelta(seconds=1))
        here.start()  # killed before it was seen to
        here.tick()
        here.tick()
        assert here.state(1) == "interrupted"
        assert here.state(2) == "started"
        here.runs.command(script("a"), uid(3), here.now)
        here.tick()
        assert here.state(2) == "canceled"
        here.tick()
        assert here.state(3) == "started"


def status(key: str, word: str, **fields: int) -> TransferStatus:
    return TransferStatus(key=key, status=word, **fields)  # type: ignore[arg-type]


def test_scripts_around_a_transfer_in_their_order() -> None:
    triggers = JobTriggers(pre_indexing=SCRIPT, post_download=SCRIPT, complete=SCRIPT)
    source = Job(name="t", type="distribution", path="/t", triggers=triggers, peers=[PEER])
    target = Job(
        name="u", type="distribution", path="/t", triggers=triggers, peers=[PEER], permission="ro"
    )
    with site() as here:
        document = [wanted(1, source), wanted(2, target)]
        here.runs.want(document, here.now)
        here.tick()
        assert here.processes == {uid(1): "pre_indexing"}
        assert [one.is_transferred for one in here.runs.all] == [False, True]
        here.end(uid(1), ScriptEnd(exit_code=0))
        assert all(one.is_transferred for one in here.runs.all)
        for key, word, count in ((1, "seeding", 3), (2, "downloading", 2)):
            here.transfers[f"run:{uid(key)}"] = status(
                f"run:{uid(key)}", word, files_total=3, files_completed=count
            )
        here.tick()
        assert here.processes == {}
        here.transfers[f"run:{uid(2)}"] = status(
            f"run:{uid(2)}", "seeding", files_total=3, files_completed=3
        )
        here.tick()
        assert here.processes == {uid(2): "post_download"}
        here.end(uid(2), ScriptEnd(exit_code=0))
        here.tick()
        assert here.processes == {}, "not all have everything yet"
        here.runs.want([wanted(1, source, complete=True), wanted(2, target, complete=True)], NOW)
        here.tick()
        assert here.processes == {uid(1): "complete", uid(2): "complete"}
        here.end(uid(1), ScriptEnd(exit_code=0))
        here.end(uid(2), ScriptEnd(exit_code=4))
        assert (here.state(1), here.state(2)) == ("finished", "error")
        found = here.runs.get(uid(2))
        assert found is not None
        assert found.reason == "complete script: exit code 4"


def test_a_crash_in_a_script_around_a_transfer() -> None:
    for again, state in ((False, "interrupted"), (True, "started")):
        triggers = JobTriggers(pre_indexing=AGAIN if again else SCRIPT)
        job = Job(name="t", type="distribution", path="/t", triggers=triggers)
        with site() as here:
            here.runs.want([wanted(1, job)], here.now)
            here.tick()
            here.start()
            here.runs.want([wanted(1, job)], here.now)
            here.tick()
            assert here.state(1) == state
            assert (here.processes == {uid(1): "pre_indexing"}) == again


def test_a_transfer_goes_on_after_a_crash() -> None:
    job = Job(name="t", type="folder", path="/t")
    with site() as here:
        here.runs.want([wanted(1, job)], here.now)
        here.tick()
        here.start()
        here.runs.want([wanted(1, job)], here.now)
        here.tick()
        assert [one.is_transferred for one in here.runs.all] == [True]


def test_ends_that_nobody_asks_for_are_bounded() -> None:
    with site() as here:
        for number in range(150):
            here.runs.command(script(f"n{number}"), uid(number), here.now)
            here.tick()
            here.end(uid(number), ScriptEnd(exit_code=0))
            here.runs.kept([uid(number)])
        assert len(here.runs.all) == 100
        assert len(here.journal.ended) == 50
        assert here.runs.is_known(uid(0))
