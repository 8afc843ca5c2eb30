"""Content by its hash: the same for the same bytes, and little new for little new."""

import os
from pathlib import Path

import pytest
from blake3 import blake3
from pyfastcdc import FastCDC

from forepost.agent.edges.tree.root import FolderRoot
from forepost.agent.transfer.content import content_of, cut
from forepost.agent.transfer.recipe import AVERAGE_CHUNK, LEAST_CHUNK, MOST_CHUNK, SINGLE_BYTES


@pytest.mark.parametrize("size", [0, 1, SINGLE_BYTES, SINGLE_BYTES + 1, 2_000_000, (33 << 20) + 7])
def test_chunks_are_those_of_the_whole_file(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (tmp_path / "f").write_bytes(data)
    content = content_of(FolderRoot(tmp_path), [b"f"])
    if size <= SINGLE_BYTES:
        assert content.hash == (blake3(data).digest() if data else b"")
        assert not content.chunks
        return
    whole = FastCDC(avg_size=AVERAGE_CHUNK, min_size=LEAST_CHUNK, max_size=MOST_CHUNK)
    expected = [
        (chunk.length, blake3(data[chunk.offset : chunk.offset + chunk.length]).digest())
        for chunk in whole.cut_buf(data)
    ]
    if len(expected) == 1:
        assert (size, content.hash, content.chunks, content.pages) == (*expected[0], [], [])
        return
    assert [(one.length, one.hash) for one in content.chunks] == expected
    fd = os.open(tmp_path / "f", os.O_RDONLY)
    assert b"".join(bytes(one) for one in cut(fd)) == data
    os.close(fd)


def test_a_byte_at_the_front_changes_little(tmp_path: Path) -> None:
    data = os.urandom(64 << 20)
    (tmp_path / "f").write_bytes(data)
    (tmp_path / "g").write_bytes(b"!" + data)
    root = FolderRoot(tmp_path)
    before = {one.hash for one in content_of(root, [b"f"]).chunks}
    new = [one for one in content_of(root, [b"g"]).chunks if one.hash not in before]
    assert sum(one.length for one in new) < 8 << 20
