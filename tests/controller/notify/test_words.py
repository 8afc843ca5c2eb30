"""A notice in words."""

from datetime import UTC, datetime

from forepost.controller.notify import words
from tests.controller.notify.notices import NOTICE, notice


def test_title() -> None:
    assert words.title(NOTICE) == "[critical] loss - Ping to Google"
    assert words.title(notice(event="resolved")).startswith("[critical] resolved: loss")
    assert words.title(notice(rule_name="a\r\nBcc: x@y.example")) == (
        "[critical] a Bcc: x@y.example - Ping to Google"
    )


def test_no_control_character_comes_through() -> None:
    evil = notice(probe_target="a\0b\r\nc", message="m\0\x1b[2J", rule_name="r\0", panel_url="")
    for made in (words.title(evil), words.text(evil), words.html(evil)):
        assert all(c.isprintable() or c == "\n" for c in made)
    assert "Target: a b c\n" in words.text(evil)


def test_text_names_what_there_is() -> None:
    text = words.text(notice(probe_target="", resolved_at=datetime(2026, 1, 1, 1, tzinfo=UTC)))
    assert text.startswith("packet_loss is 5.2\n\nRule: loss\n")
    assert "Target:" not in text
    assert "Value: 5.2\nThreshold: 1\n" in text
    assert "Resolved: 2026-01-01T01:00:00+00:00" in text
    assert text.endswith("\n\nhttps://panel.example.com\n")


def test_every_value_is_escaped_in_html() -> None:
    evil = '"><script>alert(1)</script>'
    changes = dict.fromkeys(
        ("rule_name", "probe_name", "probe_target", "agent_name", "message", "metric"), evil
    )
    page = words.html(notice(**changes, panel_url=f"https://x/{evil}"))
    assert "<script>" not in page
    assert page.count("&lt;script&gt;") >= 7
    assert "href" not in words.html(notice(panel_url="javascript:alert(1)"))
