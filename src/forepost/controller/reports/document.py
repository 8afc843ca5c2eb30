"""What a report says, before it is a page: headlines and tables of texts."""

from typing import Literal

import msgspec

Tone = Literal["", "good", "fair", "bad"]


class ReportCell(msgspec.Struct, frozen=True):
    text: str
    tone: Tone = ""


class ReportColumn(msgspec.Struct, frozen=True):
    name: str
    is_figure: bool = False
    is_wide: bool = False
    """It has the room that the others leave."""


class ReportTable(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    columns: list[ReportColumn]
    rows: list[list[ReportCell]]
    note: str = ""
    """What is left out, and what the figures mean."""
    is_dense: bool = False
    """Of many narrow columns."""


class Headline(msgspec.Struct, frozen=True):
    label: str
    value: str
    tone: Tone = ""


class ReportDocument(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    subtitle: str
    period: str
    generated: str
    headlines: list[Headline]
    tables: list[ReportTable]
