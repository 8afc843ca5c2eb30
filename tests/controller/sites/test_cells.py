"""Cells of a day: what a list of sites is drawn from."""

from typing import Any

from forepost.controller.payloads import Report, grade_in, measures_of, read
from forepost.controller.series.port import Row
from forepost.controller.sites import cells
from forepost.controller.sites.cells import CellBook
from forepost.controller.sites.slots import SLOT_US, SlotRing, letters, lost, span_of

NOW_US = 1_700_000_000_000_000 // (4 * SLOT_US) * 4 * SLOT_US + SLOT_US // 2
PING = b'{"packets_sent": 10, "packets_recv": %d, "packet_loss": %d, "avg_rtt": 20000000}'


def row(at_us: int, payload: bytes, kind: str = "PING", **more: Any) -> Row:
    said = read(kind, payload)
    figures = measures_of(said)
    made = Row(
        identity=1,
        probe_id=7,
        probe_agent_id=3,
        agent_id=3,
        created_us=at_us,
        received_us=NOW_US,
        type=kind,
        payload=payload,
        target="192.0.2.1",
        rtt_ms=figures.rtt_ms,
        loss_pct=figures.loss_pct,
        sent=figures.sent,
        received=figures.received,
    )
    fields = {name: getattr(made, name) for name in made.__struct_fields__} | more
    return Report(**fields, said=said, grade=grade_in(said, figures))


def answered(at_us: int, received: int = 10) -> Row:
    return row(at_us, PING % (received, 100 - 10 * received))


def strip(book: CellBook, hours: int = 24, count: int = 48) -> str:
    span = span_of(NOW_US, hours, count)
    assert span is not None
    return letters(ring(book).states(span.first, span.last), span)


def ring(book: CellBook) -> SlotRing:
    agent = book.of(3)
    assert agent is not None
    return agent.ring


def test_a_cell_is_as_bad_as_the_worst_in_it_and_nothing_is_made_up_between() -> None:
    book = CellBook()
    slots = [answered(NOW_US - place * SLOT_US) for place in (0, 1, 8)]
    book.consider(1, [*slots, answered(NOW_US - 4 * SLOT_US, 0), answered(NOW_US - 6 * SLOT_US, 8)])
    # Cells of half an hour; the clock stands in the first quarter of the last.
    assert strip(book) == "." * 43 + "o" + "w" + "d" + "o" * 2
    assert strip(book, 1, 4) == "..oo"
    assert strip(book, 24, 24)[-3:] == "w" + "d" + "o"


def test_one_failed_request_is_a_warning_and_two_in_a_row_are_an_outage() -> None:
    failed = b'{"error": "refused", "status_code": 0}'
    fine = b'{"status_code": 200, "total_ms": 12.5}'
    book = CellBook()
    book.consider(1, [row(NOW_US - 8 * SLOT_US, failed, "HTTP")])
    book.consider(1, [row(NOW_US - 7 * SLOT_US, fine, "HTTP")])
    for second in (0, 60):
        book.consider(1, [row(NOW_US - 4 * SLOT_US + second * 1_000_000, failed, "HTTP")])
    assert strip(book, 12, 48).strip(".") == "wo..d"


def test_loss_is_counted_in_packets_and_the_future_does_not_wipe_the_past() -> None:
    book = CellBook()
    book.consider(1, [answered(NOW_US, 5), answered(NOW_US - 100, 10)])
    book.consider(1, [answered(NOW_US + 30 * 96 * SLOT_US, 10)])
    span = span_of(NOW_US, 24, 48)
    assert span is not None
    each, whole = lost(ring(book), span)
    assert (each[-1], whole) == (round(100 * 5 / 30, 2), round(100 * 5 / 30, 3))
    assert each[:-1] == [None] * 47


def test_a_probe_that_is_removed_takes_its_past_along() -> None:
    book = CellBook()
    book.consider(1, [answered(NOW_US), row(NOW_US, PING % (0, 100), probe_id=8)])
    assert strip(book)[-1] == "d"
    book.keep(3, {7})
    assert (strip(book)[-1], book.lines) == ("o", 1)


def test_what_is_older_than_a_day_goes_and_room_is_bounded(monkeypatch: Any) -> None:
    monkeypatch.setattr(cells, "MOST_LINES", 2)
    book = CellBook()
    for number in range(3):
        book.consider(1, [row(NOW_US, PING % (10, 0), target=f"192.0.2.{number}")])
    assert (book.lines, book.left_out) == (2, 1)
    book.expire(NOW_US + 95 * SLOT_US)
    assert book.lines == 2
    book.expire(NOW_US + 98 * SLOT_US)
    assert (book.lines, book.of(3)) == (0, None)
    assert span_of(NOW_US, 1, 48) is None
