"""Undoes content codings (RFC 9110, 8.4) of a body, as far as it is wanted and no further. Pure.

brotli and zstandard are there with `forepost[http]`, imported by the first body that needs them.
"""

import importlib.util
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

MOST_CODINGS: Final = 4
PIECE_BYTES: Final = 16_384
MOST_WINDOW_BYTES: Final = 8 << 20
"""Memory that a zstd frame may ask for: what RFC 9659 lets it."""
NOT_KNOWN: Final = "not known here"
_ANY_HEADER, _NO_HEADER = 32 + zlib.MAX_WBITS, -zlib.MAX_WBITS
_ALSO: Final = {"x-gzip": "gzip", "x-compress": "compress"}


class Undone(msgspec.Struct, frozen=True):
    """What is below the codings: all of it, or what could be had until `fault`."""

    data: bytes
    truncated: bool = False
    """There was more than was wanted."""
    fault: str = ""


class _Broken(ValueError):
    """It is not in this coding."""


def named(header: str) -> list[str]:
    """Return the codings that a Content-Encoding names, in the order in which they were done."""
    found = [one.strip().lower() for one in header.split(",")]
    return [_ALSO.get(one, one) for one in found if one not in ("", "identity")]


def offered() -> str:
    """Return what an Accept-Encoding may name here."""
    modules = {"br": "brotli", "zstd": "zstandard"}
    there = [name for name, module in modules.items() if importlib.util.find_spec(module)]
    return ", ".join(["gzip", "deflate", *there])


def undone(codings: list[str], data: bytes, most_bytes: int, *, whole: bool) -> Undone:
    """Undo the codings, the last one first. `whole`: no more of `data` was to come."""
    if len(codings) > MOST_CODINGS:
        return Undone(data, fault=f"more than {MOST_CODINGS} of them")
    below = Undone(data)
    for coding in reversed(codings if data else []):
        below = _step(coding, below, most_bytes, whole=whole and not below.truncated)
        if below.fault:
            break
    return below


def _step(coding: str, above: Undone, most_bytes: int, *, whole: bool) -> Undone:
    got, fault = bytearray(), ""
    if coding not in _CODINGS:
        return msgspec.structs.replace(above, fault=f"{coding}: {NOT_KNOWN}")
    try:
        for piece in _CODINGS[coding](above.data):
            got += piece
            if len(got) > most_bytes:
                break
    except ImportError:
        return msgspec.structs.replace(above, fault=f"{coding}: {NOT_KNOWN}")
    except _Broken as error:
        fault = f"{coding}: {error}" if whole else ""
    return Undone(bytes(got[:most_bytes]), above.truncated or len(got) > most_bytes, fault)


def _pieces(data: bytes) -> Iterator[bytes]:
    for start in range(0, len(data), PIECE_BYTES):
        yield data[start : start + PIECE_BYTES]


def _gzip(data: bytes) -> Iterator[bytes]:
    return _inflated(data, _ANY_HEADER)


def _deflate(data: bytes) -> Iterator[bytes]:
    """With the header of zlib, as it should be, or without, as some servers do."""
    try:
        zlib.decompressobj(_ANY_HEADER).decompress(data[:2])
    except zlib.error:
        return _inflated(data, _NO_HEADER)
    return _inflated(data, _ANY_HEADER)


def _inflated(data: bytes, wbits: int) -> Iterator[bytes]:
    """Of gzip all members, one after another."""
    one = zlib.decompressobj(wbits)
    for piece in _pieces(data):
        rest = piece
        while rest:
            if one.eof:
                one = zlib.decompressobj(wbits)
            try:
                yield one.decompress(rest, PIECE_BYTES)
            except zlib.error as error:
                raise _Broken(str(error).partition(": ")[2] or str(error)) from None
            rest = one.unused_data if one.eof else one.unconsumed_tail
    yield one.flush()  # what it holds back is little
    if not one.eof:
        raise _Broken("it is cut off")


def _brotli(data: bytes) -> Iterator[bytes]:
    import brotli  # noqa: PLC0415 - where a body needs it

    one = brotli.Decompressor()
    try:
        for piece in _pieces(data):
            yield one.process(piece, output_buffer_limit=PIECE_BYTES)
            while not one.can_accept_more_data():
                yield one.process(b"", output_buffer_limit=PIECE_BYTES)
    except brotli.error as error:
        raise _Broken(str(error)) from None
    if not one.is_finished():
        raise _Broken("it is cut off")


def _zstd(data: bytes) -> Iterator[bytes]:
    """All frames, one after another."""
    import zstandard  # noqa: PLC0415 - where a body needs it

    bounded: Any = zstandard.ZstdDecompressor(max_window_size=MOST_WINDOW_BYTES)
    reader = bounded.stream_reader(data, read_across_frames=True)
    try:
        while piece := reader.read(PIECE_BYTES):
            yield piece
    except zstandard.ZstdError as error:
        raise _Broken(str(error).rpartition(": ")[2]) from None


_CODINGS: Final[dict[str, Callable[[bytes], Iterator[bytes]]]] = {
    "gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
