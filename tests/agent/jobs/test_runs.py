"""The runs of an agent: each of their ways, one by one."""

from datetime import timedelta

import msgspec

from forepost.agent.jobs.course import MOST_SCRIPTS
from forepost.agent.jobs.runs import ScriptEnd
from forepost.wire.jobs.job import Job, JobPeer, JobTriggers
from forepost.wire.jobs.transfer import TransferStatus
from tests.fakes.run_site import AGAIN, NOW, SCRIPT, script, site, uid, wanted

PEER = JobPeer(deviceid="A" * 32)


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


def test_a_folder_that_ended_in_an_error_begins_anew_when_the_controller_wants_it_again() -> None:
    wrong, right = (Job(name="f", type="folder", path=path) for path in ("srv", "/srv"))
    with site() as here:
        for error in ("path: srv is not absolute", "no such user"):
            here.runs.want([wanted(1, wrong)], here.now)
            here.runs.end(uid(1), "error", error, here.now)
            here.runs.want([wanted(1, right)], here.now)
            assert here.state(1) == "error", "its controller does not have the end yet"
            here.runs.kept([uid(1)])
            here.start()
            here.runs.want([wanted(1, right)], here.now)
            record = here.runs.get(uid(1))
            assert record is not None
            assert (record.state, record.reason, record.job) == ("delivered", "", right)
        # Of an end that was forgotten for newer ones the same is true.
        here.runs.end(uid(1), "error", "no such user", here.now)
        here.runs.kept([uid(1)])
        forgotten = here.runs.get(uid(1))
        assert forgotten is not None
        here.journal.forget(forgotten)
        here.start()
        here.runs.want([wanted(1, right)], here.now)
        assert here.state(1) == "delivered"
        assert here.runs.told[0].state == "delivered"
        here.start()
        here.runs.want([wanted(1, right)], here.now)
        assert here.state(1) == "delivered"
        here.runs.end(uid(1), "canceled", "canceled at this host", here.now)
        here.runs.kept([uid(1)])
        here.runs.want([wanted(1, right)], here.now)
        assert here.state(1) == "canceled", "this host would not have it"


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


def test_where_others_failed_what_has_everything_is_finished_and_the_rest_has_failed() -> None:
    triggers = JobTriggers(post_download=SCRIPT, complete=SCRIPT)
    jobs = [
        Job(
            name=name, type="distribution", path="/t", triggers=triggers,
            permission="rw" if name == "s" else "ro",
        )
        for name in "sabc"
    ]  # fmt: skip
    with site() as here:
        document = [wanted(number, job) for number, job in enumerate(jobs)]
        here.runs.want(document, here.now)
        here.tick()
        for number, word, count in (
            (0, "seeding", 3), (1, "seeding", 3), (2, "downloading", 2), (3, "loading", 0),
        ):  # fmt: skip
            key = f"run:{uid(number)}"
            here.transfers[key] = status(key, word, files_total=3, files_completed=count)
        document = [msgspec.structs.replace(one, incomplete=True) for one in document]
        here.runs.want(document, here.now)
        here.tick()
        assert here.processes == {uid(1): "post_download"}
        here.end(uid(1), ScriptEnd(exit_code=0))
        here.tick()
        states = [here.state(number) for number in range(4)]
        assert states == ["finished", "finished", "error", "started"]
        assert here.processes == {}, "the script `complete` may clean up: it does not run"


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
