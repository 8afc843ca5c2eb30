import random

import apsw
import pytest

from forepost.controller.series import payloads
from forepost.controller.series.payloads import TRAIN_ON, Packer, Unpacker
from tests.controller.series.series_rows import ping_payload


@pytest.fixture
def connection() -> apsw.Connection:
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE dictionaries (id INTEGER PRIMARY KEY, body BLOB)")
    return connection


def test_frames_of_before_and_after_the_training_are_readable(connection: apsw.Connection) -> None:
    chance = random.Random(1)
    bodies = [ping_payload(chance) for _ in range(TRAIN_ON)]
    packer = Packer()
    before = packer.pack(bodies)
    assert packer.learn(bodies[1:]) is None
    dictionary = packer.learn(bodies[:1])
    assert dictionary is not None
    payloads.save(connection, dictionary)
    packer.adopt(dictionary)
    after = packer.pack(bodies)
    assert packer.learn(bodies) is None

    unpacker = Unpacker(connection)
    assert [unpacker.unpack(frame) for frame in before + after] == bodies * 2
    assert len(dictionary[1]) <= payloads.DICTIONARY_BYTES
    assert sum(map(len, after)) < 0.65 * sum(map(len, before))
    assert payloads.load(connection).pack(bodies[:9]) == after[:9]


@pytest.mark.parametrize("body", [b"", b"x", b"\x00" * 100_000, random.Random(2).randbytes(70_000)])
def test_any_bytes_come_back(connection: apsw.Connection, body: bytes) -> None:
    (frame,) = Packer().pack([body])
    assert Unpacker(connection).unpack(frame) == body


def test_nothing_is_learned_from_payloads_that_teach_nothing() -> None:
    packer = Packer()
    assert packer.learn([b"{}"] * 10 * TRAIN_ON) is None
    chance = random.Random(1)
    assert packer.learn([ping_payload(chance) for _ in range(TRAIN_ON)]) is not None


def test_a_missing_dictionary_is_named(connection: apsw.Connection) -> None:
    chance = random.Random(1)
    bodies = [ping_payload(chance) for _ in range(TRAIN_ON)]
    packer = Packer()
    dictionary = packer.learn(bodies)
    assert dictionary is not None
    packer.adopt(dictionary)
    (frame,) = packer.pack(bodies[:1])
    with pytest.raises(LookupError, match="dictionary 1"):
        Unpacker(connection).unpack(frame)
