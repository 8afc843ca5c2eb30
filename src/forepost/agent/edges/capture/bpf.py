"""bpf(2) by its system call: programs and maps. Linux 5.8 or later.

Every call raises OSError with the kernel's errno; a key that is not there is None.
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

MAP_CREATE, MAP_LOOKUP, MAP_UPDATE, MAP_DELETE, PROG_LOAD = 0, 1, 2, 3, 5
MAP_TAKE, MAP_LOOKUP_BATCH = 21, 24
SOCKET_FILTER: Final = 1
BATCH: Final = 4_096
LOG_BYTES: Final = 1 << 20

_NUMBER: Final = {"x86_64": 321, "i686": 357, "armv7l": 386, "ppc64le": 361, "s390x": 351}
"""Of the system call; 280 where Linux's generic table is used (aarch64, riscv64, loongarch64)."""
_INSTRUCTION: Final = struct.Struct("<BBhi")
_MAP_BY_DESCRIPTOR: Final = 0x10
"""The source register of a 64-bit load that names a map (BPF_PSEUDO_MAP_FD)."""

_libc = ctypes.CDLL(None, use_errno=True)
_syscall = _libc.syscall
_number = _NUMBER.get(platform.machine(), 280)


class MapShape(msgspec.Struct, frozen=True, kw_only=True):
    type: int
    key_size: int
    value_size: int
    max_entries: int
    flags: int


class Use(msgspec.Struct, frozen=True):
    instruction: int
    map: str


class Program(msgspec.Struct, frozen=True):
    """What tools/build_bpf.py makes of a C source."""

    instructions: bytes
    license: str
    maps: dict[str, MapShape]
    uses: list[Use]
    source_sha256: str


class Map:
    """A map by its descriptor. One thread at a time: buffers are used again."""

    def __init__(self, descriptor: int, shape: MapShape, *, values: int = 1) -> None:
        """`values`: how many there are of each, one for each possible CPU."""
        self.descriptor = descriptor
        self.shape = shape
        self._value_size = (
            -(-shape.value_size // 8) * 8 * values if values > 1 else shape.value_size
        )
        self._key = ctypes.create_string_buffer(shape.key_size)
        self._value = ctypes.create_string_buffer(self._value_size)
        self._one = ctypes.create_string_buffer(
            struct.pack(
                "<IIQQQ",
                descriptor,
                0,
                ctypes.addressof(self._key),
                ctypes.addressof(self._value),
                0,
            ),
            32,
        )

    def get(self, key: bytes) -> bytes | None:
        return self._read(MAP_LOOKUP, key)

    def take(self, key: bytes) -> bytes | None:
        """Return the value and delete it, at once (Linux 5.14), or one after the other."""
        try:
            return self._read(MAP_TAKE, key)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP, 524):
                raise
        found = self._read(MAP_LOOKUP, key)
        self._read(MAP_DELETE, key)
        return found

    def put(self, key: bytes, value: bytes) -> None:
        self._key.raw = key
        self._value.raw = value
        _call(MAP_UPDATE, self._one, 32)

    def batches(self, size: int = BATCH) -> Iterator[tuple[int, memoryview, memoryview]]:
        """All entries: how many there are in keys and values, which are used again for the next.

        An entry that comes or goes meanwhile may be there or not; no other is left out (a bucket
        is read under its lock).
        """
        keys = ctypes.create_string_buffer(self.shape.key_size * size)
        values = ctypes.create_string_buffer(self.shape.value_size * size)
        places = ctypes.create_string_buffer(16), ctypes.create_string_buffer(16)
        first = True
        while True:
            attributes = ctypes.create_string_buffer(
                struct.pack(
                    "<QQQQIIQQ",
                    0 if first else ctypes.addressof(places[0]),
                    ctypes.addressof(places[1]),
                    ctypes.addressof(keys),
                    ctypes.addressof(values),
                    size,
                    self.descriptor,
                    0,
                    0,
                ),
                56,
            )
            ended = _call(MAP_LOOKUP_BATCH, attributes, 56, expected=errno.ENOENT) != 0
            (count,) = struct.unpack_from("<I", attributes.raw, 32)
            if count:
                yield count, memoryview(keys).cast("B"), memoryview(values).cast("B")
            if ended:
                return
            places = places[1], places[0]
            first = False

    def _read(self, command: int, key: bytes) -> bytes | None:
        self._key.raw = key
        absent = _call(command, self._one, 32, expected=errno.ENOENT)
        return None if absent else self._value.raw


def create(shape: MapShape) -> int:
    """Return the descriptor of a new map."""
    attributes = struct.pack(
        "<5I", shape.type, shape.key_size, shape.value_size, shape.max_entries, shape.flags
    )
    return _call(MAP_CREATE, ctypes.create_string_buffer(attributes, 128), 128)


def load(program: Program, maps: Mapping[str, int]) -> int:
    """Have the kernel check and take a socket filter; return its descriptor.

    The error of a program that the kernel refuses ends with the last lines of its verifier.
    """
    code = bytearray(program.instructions)
    for use in program.uses:
        at = use.instruction * _INSTRUCTION.size
        opcode, registers, offset, _ = _INSTRUCTION.unpack_from(code, at)
        linked = (registers & 0x0F) | _MAP_BY_DESCRIPTOR
        _INSTRUCTION.pack_into(code, at, opcode, linked, offset, maps[use.map])
    try:
        return _load(bytes(code), program.license, None)
    except PermissionError:
        raise
    except OSError as error:
        log = ctypes.create_string_buffer(LOG_BYTES)
        try:
            return _load(bytes(code), program.license, log)
        except OSError:
            said = log.value.decode(errors="replace").strip().splitlines()[-3:]
            raise OSError(error.errno, f"{error.strerror}: {' | '.join(said)}") from error


def _load(code: bytes, terms: str, log: "ctypes.Array[ctypes.c_char] | None") -> int:
    instructions = ctypes.create_string_buffer(code, len(code))
    license_text = ctypes.create_string_buffer(terms.encode())
    attributes = struct.pack(
        "<IIQQIIQII16s",
        SOCKET_FILTER,
        len(code) // _INSTRUCTION.size,
        ctypes.addressof(instructions),
        ctypes.addressof(license_text),
        0 if log is None else 1,
        0 if log is None else LOG_BYTES,
        0 if log is None else ctypes.addressof(log),
        0,
        0,
        b"forepost_flow",
    )
    return _call(PROG_LOAD, ctypes.create_string_buffer(attributes, 128), 128)


def _call(
    command: int, attributes: "ctypes.Array[ctypes.c_char]", size: int, *, expected: int = 0
) -> int:
    """Return what the call returns, or `expected` where that is its errno."""
    done = _syscall(_number, command, attributes, size)
    if done >= 0:
        return int(done)
    problem = ctypes.get_errno()
    if problem == expected:
        return problem
    raise OSError(problem, os.strerror(problem))


def possible_cpus(text: str) -> int:
    """How many CPUs `/sys/devices/system/cpu/possible` names: "0-3,8"."""
    spans: Sequence[str] = text.strip().split(",")
    return sum(
        int(last or first) - int(first) + 1 for first, _, last in (s.partition("-") for s in spans)
    )
