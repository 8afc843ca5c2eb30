"""The panel's types are those of the wire, and it asks for nothing that is not served."""

import runpy
import subprocess
import sys
from typing import Annotated, Generic, Literal, TypeVar

import msgspec
import pytest
from litestar import Litestar, get
from msgspec import UNSET, Meta, UnsetType

from tests.promises.test_layout import ROOT

WRITER = ROOT / "tools/write_panel_types.py"
FIELDS_WRITER = ROOT / "tools/write_panel_fields.py"
T = TypeVar("T")


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    at: float
    note: str = ""


class Cable(msgspec.Struct, frozen=True, kw_only=True):
    """What joins two places."""

    ends: list[str | None]
    kind: Literal["copper", "fibre"]
    metres: Annotated[int, Meta(ge=1)] | None = None
    """null where nobody has measured it."""
    owner_name: str = msgspec.field(name="ownerName", default="")
    old: bool | UnsetType = UNSET


class Trunk(Cable, Generic[T], frozen=True, kw_only=True):
    lines: dict[str, Line]
    carried: T


def test_they_are_written_from_the_wire_as_it_is_now() -> None:
    made = subprocess.run([sys.executable, WRITER], cwd=ROOT, capture_output=True, check=False)
    assert made.returncode == 0, made.stderr.decode()
    kept = (ROOT / "panel/src/wire.ts").read_bytes()
    assert made.stdout == kept, "the panel's types are not those of the wire any more: make docs"


def test_the_fields_of_forms_are_those_of_the_wire_as_it_is_now() -> None:
    made = subprocess.run(
        [sys.executable, FIELDS_WRITER], cwd=ROOT, capture_output=True, check=False
    )
    assert made.returncode == 0, made.stderr.decode()
    kept = (ROOT / "panel/src/fields.ts").read_bytes()
    assert made.stdout == kept, "the panel's forms are not those of the wire any more: make docs"


def test_a_route_that_is_not_served_is_named() -> None:
    @get("/cables", sync_to_thread=False)
    def cables() -> str:
        return ""

    written = runpy.run_path(str(WRITER))["written"]
    http = Litestar([cables])
    assert "  'GET /cables': {" in written(http, "ask('GET /cables', {})")
    for asked in ("GET /cable", "POST /cables"):
        with pytest.raises(LookupError, match=f"asks for {asked}, which the controller"):
            written(http, f"ask('{asked}', {{}})")


def test_what_is_optional_null_or_one_of_a_few_is_so_in_the_panel() -> None:
    types = runpy.run_path(str(WRITER))["Types"]()
    assert types.of(list[Trunk[int]], whole=True) == "Trunk<number>[]"
    text = "\n\n".join(types.text())
    assert "export interface Trunk<T> extends Cable {\n  lines: Record<string, Line>;\n" in text
    assert "  carried: T;\n}" in text
    assert "/** What joins two places. */\nexport interface Cable {" in text
    assert "  ends: (string | null)[];\n  kind: 'copper' | 'fibre';\n" in text
    assert "  /** null where nobody has measured it. */\n  metres: number | null;\n" in text
    assert "  ownerName: string;\n  old?: boolean;\n" in text
    assert "  at: number;\n  note?: string;\n" in text


def test_what_is_sent_may_leave_a_default_out() -> None:
    types = runpy.run_path(str(WRITER))["Types"]()
    types.of(Cable, whole=False)
    (cable,) = types.text()
    assert "  metres?: number | null;\n  ownerName?: string;\n" in cable


def test_what_is_both_sent_and_received_is_whole() -> None:
    for first in (True, False):
        types = runpy.run_path(str(WRITER))["Types"]()
        for whole in (first, not first):
            types.of(Cable, whole=whole)
        (cable,) = types.text()
        assert "  metres: number | null;\n  ownerName: string;\n" in cable
