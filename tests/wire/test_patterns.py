"""A pattern of the wire says how a text ends: `$` alone lets a last line break pass."""

import re
from pathlib import Path

import msgspec
import pytest

import forepost
from forepost.wire.flows.groups import NewGroup
from forepost.wire.uplink.documents import HaveDocument, WantDocument

WIRE = Path(forepost.__file__).parent / "wire"
PATTERN = re.compile(r"""(?:pattern=|: Final = )r?"(\^[^"]*)\"""")
FREE_ENDS = {r"^\s*[^@\s]+@[^@\s]+\s*$", "^https?://"}
"""An e-mail address, which is stripped; and what is only to begin so."""


def test_no_pattern_of_the_wire_ends_in_a_dollar() -> None:
    found = {
        pattern
        for path in WIRE.rglob("*.py")
        for pattern in PATTERN.findall(path.read_text(encoding="utf-8"))
    }
    assert len(found) > 8
    # OpenAPI knows no `\\Z`.
    assert {p for p in found - FREE_ENDS if not p.endswith((r"\Z", r"$(?!\n)"))} == set()


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (HaveDocument, r'{"document":"probes\n","revision":""}'),
        (HaveDocument, r'{"document":"probes","revision":"r\n"}'),
        (WantDocument, r'{"document":"probes","revision":"r\n","body":1}'),
        (NewGroup, r'{"name":"g\n"}'),
    ],
)
def test_a_last_line_break_is_refused(kind: type[msgspec.Struct], text: str) -> None:
    msgspec.json.decode(text.replace(r"\n", ""), type=kind)
    with pytest.raises(msgspec.ValidationError, match="matching regex"):
        msgspec.json.decode(text, type=kind)
