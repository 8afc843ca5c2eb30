"""Capture files that gzip (RFC 1952) or zstd (RFC 8878) packed are read as what is in them."""

import gzip
import io
import zlib
from typing import BinaryIO, Final, Protocol

GZIP: Final = b"\x1f\x8b"
ZSTD: Final = bytes.fromhex("28b52ffd")
_FIRST_BYTES: Final = 4


class Readable(Protocol):
    """What a file is read through."""

    def read(self, size: int, /) -> bytes:
        """So many bytes, or fewer at the end."""
        ...


class CannotUnpack(Exception):
    """The text says what is missing."""


class Damaged(Exception):
    """What is packed in it ends in the middle, or is not what was packed."""


class _Rewound(io.RawIOBase):
    """A file from its first bytes on, though they were read; it need not be one that can seek."""

    def __init__(self, first: bytes, file: Readable) -> None:
        super().__init__()
        self._first, self._file = first, file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        data = self._first[: len(buffer)] or self._file.read(len(buffer))
        self._first = self._first[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


class UnpackedFile:
    """Reads through the packing, where there is some."""

    def __init__(self, file: BinaryIO) -> None:
        """Raises CannotUnpack, OSError."""
        first = file.read(_FIRST_BYTES)
        whole = io.BufferedReader(_Rewound(first, file))
        self._errors: tuple[type[Exception], ...] = (EOFError, gzip.BadGzipFile, zlib.error)
        self._file: Readable = whole
        if first.startswith(GZIP):
            self._file = gzip.GzipFile(fileobj=whole, mode="rb")
        elif first == ZSTD:
            try:
                import zstandard  # noqa: PLC0415 - of the extra `http`, or `controller`
            except ImportError:
                raise CannotUnpack("it is packed by zstd: pip install zstandard") from None
            reader = zstandard.ZstdDecompressor().stream_reader(whole, read_across_frames=True)
            self._file = io.BufferedReader(reader)
            self._errors = (*self._errors, zstandard.ZstdError)

    def read(self, size: int, /) -> bytes:
        """Raises Damaged, OSError."""
        try:
            return self._file.read(size)
        except self._errors as error:
            raise Damaged(str(error)) from None
