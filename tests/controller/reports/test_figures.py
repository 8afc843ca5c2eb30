"""Figures as a reader has them, and pages made of them."""

from datetime import UTC, datetime, timedelta

import pytest

from forepost.controller.reports import figures
from forepost.controller.reports.document import (
    Headline,
    ReportCell,
    ReportColumn,
    ReportDocument,
    ReportTable,
)
from forepost.controller.reports.html import page_of
from forepost.controller.reports.pdf import Typesetter
from forepost.kit.errors import Unavailable

HOSTILE = '#let x = 1 <script>"$*_[\\ ](http://example.com)'
DOCUMENT = ReportDocument(
    title=HOSTILE,
    subtitle=HOSTILE,
    period="2026-11-01 to 2026-11-30 (UTC)",
    generated="now",
    headlines=[Headline(HOSTILE, HOSTILE, "bad")],
    tables=[
        ReportTable(
            title=HOSTILE,
            columns=[ReportColumn(HOSTILE, is_wide=True), ReportColumn("n", is_figure=True)],
            rows=[[ReportCell(HOSTILE), ReportCell("1", "good")]],
            note=HOSTILE,
        ),
        ReportTable(title="empty", columns=[ReportColumn("c")], rows=[]),
    ],
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0"),
        (42, "42 s"),
        (90, "1 min"),
        (3_600, "1 h"),
        (3_660, "1 h 1 min"),
        (86_400 + 60, "1 d"),
        (90_000, "1 d 1 h"),
    ],
)
def test_lengths(seconds: float, text: str) -> None:
    assert figures.length(seconds) == text


def test_what_is_not_all_is_not_said_to_be() -> None:
    assert figures.percent(100.0, 3) == "100 %"
    assert figures.percent(99.99999, 3) == "99.999 %"
    assert figures.availability(99.99999).tone == "good"
    assert (figures.availability(98.0).tone, figures.availability(None).text) == ("bad", "-")


def test_a_cell_is_one_line_that_fits() -> None:
    assert figures.cell("a\n b").text == "a b"
    assert len(figures.cell("x" * 2_000).text) == figures.LONGEST


def test_whole_days_are_told_by_their_dates() -> None:
    first = datetime(2026, 11, 1, tzinfo=UTC)
    month = figures.period(first, datetime(2026, 12, 1, tzinfo=UTC), UTC, "UTC")
    assert month == "2026-11-01 to 2026-11-30 (UTC)"
    assert figures.period(first, first + timedelta(days=1), UTC, "UTC") == "2026-11-01 (UTC)"
    hour = figures.period(first, first + timedelta(hours=1), UTC, "UTC")
    assert hour == "2026-11-01 00:00 to 2026-11-01 01:00 (UTC)"


def test_no_name_is_markup_of_a_page() -> None:
    page = page_of(DOCUMENT)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 10
    assert "none</td>" in page


@pytest.mark.anyio
async def test_no_name_is_markup_of_a_pdf_and_who_takes_too_long_is_ended() -> None:
    assert (await Typesetter().set(DOCUMENT)).startswith(b"%PDF-1.")
    with pytest.raises(Unavailable, match="took too long"):
        await Typesetter(longest_sec=0.001).set(DOCUMENT)


def test_a_name_turns_nothing_around_beside_it() -> None:
    assert figures.plain("north\u202e gnp.\u2067 \n x") == "north gnp. x"
    assert figures.cell("\u202e" + "x" * 10_000).text == "x" * 69 + "…"
