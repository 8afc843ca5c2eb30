"""What a file on this disk contains: its hash, and for a large one its chunks.

A hash counts only if the file was the same before and after it was read.
"""

import os
from collections.abc import Iterator
from typing import Final

import msgspec
from blake3 import blake3
from pyfastcdc import FastCDC

from forepost.agent.edges.tree.root import FolderRoot, OnDisk, on_disk
from forepost.agent.transfer.recipe import (
    AVERAGE_CHUNK,
    LEAST_CHUNK,
    MOST_CHUNK,
    SINGLE_BYTES,
    Chunk,
    pages_of,
)

READ_BYTES: Final = MOST_CHUNK * 2
_cutter: Final = FastCDC(avg_size=AVERAGE_CHUNK, min_size=LEAST_CHUNK, max_size=MOST_CHUNK)


class Unrest(Exception):
    """The file changed while it was read."""


class Content(msgspec.Struct, frozen=True):
    hash: bytes
    """As rows have it (`Row.content`)."""
    chunks: list[Chunk]
    """Of a large file; else none."""
    pages: list[bytes]
    """Of its recipe; else none."""
    seen: OnDisk


def content_of(root: FolderRoot, names: list[bytes], *, may_change: bool = False) -> Content:
    """Read a whole file. Raises Unrest, but where `may_change`; OSError."""
    fd = root.open_file(names)
    try:
        before = on_disk(os.fstat(fd))
        if before.size <= SINGLE_BYTES:
            data = _all(fd, SINGLE_BYTES + 1)
            content = Content(blake3(data).digest() if data else b"", [], [], before)
            is_whole = len(data) == before.size
        else:
            chunks = [Chunk(len(data), blake3(data).digest()) for data in cut(fd)]
            size = sum(chunk.length for chunk in chunks)
            is_whole = size == before.size
            content = _of_chunks(chunks, msgspec.structs.replace(before, size=size))
        after = on_disk(os.fstat(fd))
    finally:
        os.close(fd)
    if not is_whole or not _is_same(before, after):
        if not may_change or not is_whole:
            raise Unrest
        return msgspec.structs.replace(content, seen=after)
    return content


def _of_chunks(chunks: list[Chunk], seen: OnDisk) -> Content:
    if len(chunks) == 1:
        return Content(chunks[0].hash, [], [], seen)
    pages = list(pages_of(chunks))
    return Content(blake3(pages[-1]).digest(), chunks, pages, seen)


def _is_same(one: OnDisk, other: OnDisk) -> bool:
    return (one.inode, one.size, one.mtime_ns, one.ctime_ns) == (
        other.inode,
        other.size,
        other.mtime_ns,
        other.ctime_ns,
    )


def cut(fd: int) -> Iterator[memoryview]:
    """Yield the chunks of a file, each good until the next one is taken."""
    buffer = bytearray(READ_BYTES)
    view = memoryview(buffer)
    have, is_end = 0, False
    while True:
        while have < READ_BYTES and not is_end:
            count = os.readv(fd, [view[have:]])
            have, is_end = have + count, count == 0
        if not have:
            return
        used = 0
        for chunk in _cutter.cut_buf(view[:have]):
            if not is_end and have - chunk.offset < MOST_CHUNK:
                break
            yield view[chunk.offset : chunk.offset + chunk.length]
            used = chunk.offset + chunk.length
        view[: have - used] = view[used:have]
        have -= used


def _all(fd: int, most: int) -> bytes:
    pieces = []
    while most > 0 and (data := os.read(fd, most)):
        pieces.append(data)
        most -= len(data)
    return b"".join(pieces)
