"""What a user hears of changes in a folder that only reads."""

from pathlib import Path

import pytest

from tests.agent.transfer.engines import Site, running, until

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("more", "kept", "said"),
    [
        ({}, b"mine", "kept, and given to nobody"),
        ({"type": "distribution"}, b"theirs", "what sources have is put right"),
    ],
)
async def test_it_is_told_once_with_what_becomes_of_it(
    tmp_path: Path, more: dict[str, str], kept: bytes, said: str
) -> None:
    source, reader = Site(tmp_path, "source"), Site(tmp_path, "reader")
    source.root.mkdir()
    for name in ("a", "b"):
        (source.root / name).write_bytes(b"theirs")
    async with running(source, reader):
        source.want([source.task(reader.peer("ro"), **more)])
        reader.want([reader.task(source.peer(), permission="ro", **more)])
        await until(
            lambda: reader.status().last_synced > 0 and len(reader.files()) == 2,
            lambda: (reader.status(), reader.files()),
        )
        # What came by itself is no change of anybody's.
        (source.root / "c").write_bytes(b"theirs")
        await until(lambda: len(reader.files()) == 3)
        assert [one for one in reader.events if one.kind == "conflict"] == []
        (reader.root / "a").write_bytes(b"mine")
        await until(
            lambda: any(one.kind == "conflict" for one in reader.events),
            lambda: (reader.status(), reader.events),
        )
        (reader.root / "b").write_bytes(b"mine, too")
        await until(lambda: reader.files()["a"] == kept)
    (told,) = [one for one in reader.events if one.kind == "conflict"]
    assert told.text.startswith("changed here (1), where it is read only: ")
    assert told.text.endswith(said)
    assert source.files() == dict.fromkeys("abc", b"theirs")
