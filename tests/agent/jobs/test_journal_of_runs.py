"""The journal: damage, a full disk and a crash make no run run twice."""

import logging
from datetime import UTC, datetime
from pathlib import Path

import pytest

from forepost.agent.jobs.journal import ENDED, FOLDER, MOST_ENDED, ROOM, RunJournal
from forepost.agent.jobs.record import RunRecord
from forepost.agent.jobs.run_numbers import FIRST, RunNumbers
from forepost.kit.health import Health
from forepost.wire.jobs.delivery import RunOutput
from forepost.wire.jobs.job import Job, JobScript
from tests.lab.small_disk import fill, mounted

NOW = datetime(2026, 3, 1, tzinfo=UTC)
JOB = Job(name="j", type="script", script=JobScript(command="true"))
DAY = 86_400.0


def uid(number: int) -> str:
    return f"{number:032x}"


def record(number: int, **fields: object) -> RunRecord:
    return RunRecord(
        uid=uid(number), run_id=number, job=JOB, by="controller", queued_at=NOW,
        **fields,  # type: ignore[arg-type]
    )  # fmt: skip


def opened(folder: Path, now: datetime = NOW) -> RunJournal:
    return RunJournal(folder, now.timestamp())


def test_what_is_put_is_there_at_the_next_start(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.put(record(1, state="started"))
    journal.put(record(2, state="finished", ended_at=NOW))
    journal.forget(record(2, state="finished", ended_at=NOW))
    again = opened(tmp_path)
    assert again.load() == [record(1, state="started")]
    assert again.ended == {uid(2): "finished"}


def test_a_run_that_was_killed_between_its_two_forms_is_there_once(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    ended = record(2, state="error", ended_at=NOW)
    journal.forget(ended)
    journal.put(ended)  # as if it had not been removed yet
    again = opened(tmp_path)
    assert again.load() == []
    assert again.ended == {uid(2): "error"}


def test_whatever_flipped_byte_or_cut_leaves_the_run_known(tmp_path: Path) -> None:
    whole = opened(tmp_path)
    whole.put(record(1, state="started"))
    path = tmp_path / FOLDER / f"{uid(1)}.json"
    data = path.read_bytes()
    for at in range(0, len(data), 3):
        for spoilt in (data[:at], data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]):
            folder = tmp_path / f"{at}.{len(spoilt)}"
            opened(folder).put(record(2))
            (folder / FOLDER / f"{uid(1)}.json").write_bytes(spoilt)
            journal = opened(folder)
            found = journal.load()
            assert found == [record(2)], at
            assert journal.damaged == [uid(1)]
            assert journal.ended == {uid(1): "interrupted"}
            again = opened(folder)
            assert again.load() == [record(2)]
            assert again.ended == {uid(1): "interrupted"}
            assert again.damaged == []


def test_what_else_lies_there_stops_nothing(tmp_path: Path) -> None:
    journal = opened(tmp_path)
    journal.put(record(1))
    (tmp_path / FOLDER / f"{uid(3)}.json").mkdir()
    (tmp_path / FOLDER / f"{uid(4)}.json").symlink_to("/etc/passwd")
    (tmp_path / FOLDER / "notes.json").write_text("{}")
    (tmp_path / FOLDER / ENDED / "nonsense").write_text("")
    (tmp_path / FOLDER / ENDED / f"{uid(5)}.wrong").write_text("")
    journal = opened(tmp_path)
    assert journal.load() == [record(1)]
    assert set(journal.ended) == {uid(3), uid(4)}


def test_ends_are_bounded_in_number_and_age_the_oldest_first(tmp_path: Path) -> None:
    import os

    ended = tmp_path / FOLDER / ENDED
    opened(tmp_path)
    now = NOW.timestamp()
    for number in range(MOST_ENDED + 5):
        path = ended / f"{uid(number)}.finished"
        path.touch()
        os.utime(path, (now + number, now + number))
    journal = opened(tmp_path, datetime.fromtimestamp(now + 20_000, UTC))
    assert len(journal.ended) == MOST_ENDED
    assert uid(4) not in journal.ended
    assert uid(5) in journal.ended
    late = opened(tmp_path, datetime.fromtimestamp(now + MOST_ENDED + 200 * DAY, UTC))
    assert len(late.ended) == MOST_ENDED, "a clock alone makes nothing old"
    path = ended / f"{uid(1)}.error"
    path.touch()
    os.utime(path, (now + 200 * DAY,) * 2)
    assert opened(tmp_path, datetime.fromtimestamp(now + 200 * DAY, UTC)).ended == {uid(1): "error"}


def test_an_end_is_written_where_the_disk_is_full_and_a_beginning_is_refused(
    tmp_path: Path,
) -> None:
    with mounted(tmp_path / "disk", 4) as disk:
        journal = opened(disk)
        journal.put(record(1, state="started"))
        fill(disk)
        with pytest.raises(OSError, match="No space"):
            journal.put(record(2, state="started", output=RunOutput(head="x" * 8_192)))
        journal.put(record(1, state="finished", ended_at=NOW, output=RunOutput(head="y" * 30_000)))
        again = opened(disk)
        (found,) = again.load()
        assert found.state == "finished"
        assert found.output.head == "y" * 30_000
        (disk / "other").unlink()
        again.put(record(3, state="started"))
        assert not (disk / FOLDER / ROOM).exists()
        opened(disk)
        assert (disk / FOLDER / ROOM).exists()


def test_numbers_are_given_once_also_where_their_file_is_lost(tmp_path: Path) -> None:
    health = Health(logging.getLogger("forepost.agent"))
    numbers = RunNumbers(tmp_path, 0, health)
    assert numbers.next_run() == FIRST
    assert numbers.next_run() == FIRST + 1
    assert (numbers.of_job("a"), numbers.of_job("b"), numbers.of_job("a")) == (
        FIRST, FIRST + 1, FIRST,
    )  # fmt: skip
    again = RunNumbers(tmp_path, 0, health)
    assert again.next_run() == FIRST + 2
    assert again.of_job("b") == FIRST + 1
    (tmp_path / "job-numbers.json").write_bytes(b"nonsense")
    lost = RunNumbers(tmp_path, FIRST + 2, health)
    assert lost.next_run() == FIRST + 3
