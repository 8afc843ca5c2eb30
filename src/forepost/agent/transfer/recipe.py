"""The recipe of a large file: which chunks it is made of. Pure.

A recipe is a page of chunks, or a page that names such pages; a file's `content` is the hash of the
outermost. Where pages end depends on the hash of their last chunk, so a change in the middle of a
large file changes one of them.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec
from blake3 import blake3

SINGLE_BYTES: Final = 512 << 10
"""A file of no more is one chunk, and has no recipe."""
AVERAGE_CHUNK: Final = 1 << 20
LEAST_CHUNK: Final = AVERAGE_CHUNK // 4
MOST_CHUNK: Final = AVERAGE_CHUNK * 4
PAGE_MASK: Final = 0x1FF
"""A page has 512 chunks on the average."""
MOST_IN_PAGE: Final = 8_192
MOST_PAGES: Final = 1 << 18
"""Of one file: 128 TiB on the average."""
_CHUNK: Final = struct.Struct(">I32s")
_PART: Final = struct.Struct(">IQ32s")
CHUNKS: Final = b"\0"
PARTS: Final = b"\1"


class WrongRecipe(ValueError):
    """Bytes that are not the recipe of an honest writer; the text says why."""


class Chunk(msgspec.Struct, frozen=True, array_like=True, gc=False):
    length: int
    hash: bytes


class Part(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A page of chunks, as the page above it names it."""

    chunks: int
    size: int
    """Bytes of the file."""
    hash: bytes


def pages_of(chunks: Iterable[Chunk]) -> Iterator[bytes]:
    """Yield the pages of a recipe; the last is the outermost, whose hash is the file's `content`.

    `chunks`: at least two.
    """
    parts: list[Part] = []
    page: list[Chunk] = []
    for chunk in chunks:
        page.append(chunk)
        ends = not int.from_bytes(chunk.hash[:2], "big") & PAGE_MASK
        if ends or len(page) == MOST_IN_PAGE:
            yield from _page(page, parts)
            page = []
    if page:
        yield from _page(page, parts)
    if len(parts) > 1:
        yield PARTS + b"".join(_PART.pack(one.chunks, one.size, one.hash) for one in parts)


def _page(page: Sequence[Chunk], parts: list[Part]) -> Iterator[bytes]:
    data = CHUNKS + b"".join(_CHUNK.pack(one.length, one.hash) for one in page)
    parts.append(Part(len(page), sum(one.length for one in page), blake3(data).digest()))
    yield data


def read_recipe(page: bytes) -> list[Chunk] | list[Part]:
    """Return what a page names. Its hash was compared before. Raises WrongRecipe."""
    packed = _CHUNK if page[:1] == CHUNKS else _PART
    if page[:1] not in (CHUNKS, PARTS) or len(page) == 1 or (len(page) - 1) % packed.size:
        raise WrongRecipe("bytes that are no page of a recipe")
    count = (len(page) - 1) // packed.size
    body = memoryview(page)[1:]
    if packed is _CHUNK:
        if count > MOST_IN_PAGE:
            raise WrongRecipe("a page of too many chunks")
        chunks = [Chunk(*found) for found in _CHUNK.iter_unpack(body)]
        if not all(0 < one.length <= MOST_CHUNK for one in chunks):
            raise WrongRecipe("a chunk of no or too many bytes")
        return chunks
    if count > MOST_PAGES:
        raise WrongRecipe("a recipe of too many pages")
    parts = [Part(*found) for found in _PART.iter_unpack(body)]
    if not all(0 < one.chunks <= MOST_IN_PAGE and one.size for one in parts):
        raise WrongRecipe("a page of no or too many chunks")
    return parts
