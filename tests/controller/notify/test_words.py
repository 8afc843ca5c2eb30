"""A notice in words."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from forepost.controller.notify import words
from tests.controller.notify.notices import NOTICE, notice


def test_title() -> None:
    assert words.title(NOTICE) == "[critical] loss - Ping to Google"
    assert words.title(notice(event="resolved")).startswith("[critical] resolved: loss")
    assert words.title(notice(rule_name="a\r\nBcc: x@y.example")) == (
        "[critical] a Bcc: x@y.example - Ping to Google"
    )


def test_an_escalation_and_a_workspace_are_named() -> None:
    at = datetime(2026, 1, 1, 1, tzinfo=UTC)
    escalated = notice(escalated_at=at, workspace_name="Acme")
    assert words.title(escalated) == "[critical] escalated: loss - Ping to Google"
    assert words.title(notice(escalated_at=at, event="worse")).startswith("[critical] worse: loss")
    assert "\n\nWorkspace: Acme\nRule: loss\n" in words.text(escalated)
    assert "Workspace" not in words.text(NOTICE)


def test_a_type_is_not_said_twice() -> None:
    assert "Probe: PING Ping to Google\n" in words.text(NOTICE)
    nameless = notice(probe_name="PING 198.18.0.1", probe_target="198.18.0.1")
    assert "Probe: PING 198.18.0.1\n" in words.text(nameless)
    assert "Probe: PING\n" in words.text(notice(probe_name="PING"))


def test_no_control_character_comes_through() -> None:
    evil = notice(probe_target="a\0b\r\nc", message="m\0\x1b[2J", rule_name="r\0", panel_url="")
    for made in (words.title(evil), words.text(evil), words.html(evil)):
        assert all(c.isprintable() or c == "\n" for c in made)
    assert "Target: a b c\n" in words.text(evil)


def test_text_names_what_there_is() -> None:
    text = words.text(notice(probe_target="", resolved_at=datetime(2026, 1, 1, 1, tzinfo=UTC)))
    assert text.startswith("packet_loss is 5.2\n\nRule: loss\n")
    assert "Target:" not in text
    assert "Value: 5.2 %\nThreshold: 1 %\n" in text
    assert "Resolved: 2026-01-01 01:00:00+00:00" in text
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


def test_times_are_those_of_the_clocks_of_a_place_with_their_offset() -> None:
    summer = notice(triggered_at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC))
    berlin = ZoneInfo("Europe/Berlin")
    assert "Triggered: 2026-07-02 00:30:00+02:00\n" in words.text(summer, berlin)
    assert "<td>2026-07-02 00:30:00+02:00</td>" in words.html(summer, berlin)
    assert "Triggered: 2026-07-01 22:30:00+00:00\n" in words.text(summer)
    # An hour that the clocks show twice is told apart.
    for hour, offset in ((0, "+02:00"), (1, "+01:00")):
        at = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
        assert words.moment(at, berlin) == f"2026-10-25 02:30:00{offset}"


def test_the_link_is_to_the_moment() -> None:
    link = "https://panel.example.com/w/1/sites/10/probes/45?from=1&to=2"
    assert words.text(notice(link=link)).endswith(f"\n\n{link}\n")
    assert f'<a href="{link.replace("&", "&amp;")}">' in words.html(notice(link=link))
    assert "href" not in words.html(notice(link="javascript:alert(1)"))
