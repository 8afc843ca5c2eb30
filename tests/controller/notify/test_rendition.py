"""A notice as it leaves over a channel, by a template or in the usual words. Pure."""

import json
from pathlib import Path

from forepost.controller.notify import words
from forepost.controller.notify.rendition import content_type_of, rendered
from forepost.controller.notify.template_values import NAMES, values_of
from forepost.wire.rest.notify import Channel
from forepost.wire.rest.templates import TemplateTexts
from tests.controller.notify.notices import NOTICE, notice

DOCS = Path(__file__).parents[3] / "docs/alerts.md"
USUAL = rendered(NOTICE)


def by(**texts: str) -> TemplateTexts:
    return TemplateTexts(**texts)


def test_every_name_has_a_value() -> None:
    assert set(values_of(NOTICE, words.UTC)) == NAMES


def test_what_is_not_written_is_as_usual() -> None:
    made = rendered(NOTICE, "", by(title="{{ severity | upper }} {{ probe }}"))
    assert made.title == "CRITICAL Ping to Google"
    assert (made.text, made.html, made.hook_body) == (USUAL.text, USUAL.html, USUAL.hook_body)
    made = rendered(NOTICE, "", by(text="{{ title }}\n{{ value }} > {{ threshold }}"))
    assert made.title == USUAL.title
    assert made.text == "[critical] loss - Ping to Google\n5.2 % > 1 %\n"
    assert "5.2 % &gt; 1 %" in made.html


def test_a_webhook_of_somebody_else() -> None:
    texts = by(title="{{ severity }}!", text="{{ message }}", webhook_body=SLACK)
    evil = notice(message='" } ], "channel": "#all", "x": ["\n\\')
    made = rendered(evil, "", texts)
    assert json.loads(made.hook_body) == {
        "text": 'critical!\n" } ], "channel": "#all", "x": [" \\',
        "value": 5.2,
        "whole": json.loads(rendered(evil).hook_body),
    }
    assert made.note == ""


SLACK = (
    '{"text": "{{ title }}\\n{{ text }}", "value": {{ value_number }}, "whole": {{ notice | raw }}}'
)


def test_what_fails_is_told_in_the_usual_words_and_says_so() -> None:
    for texts, why in (
        (
            by(title="x", webhook_body='{"a": {{ message }}}'),
            "webhook_body: what comes of it is no",
        ),
        (by(title="x", webhook_body="[" * 5_000), "webhook_body: what comes of it is no JSON"),
        (by(title="x", text="{{ gone }}"), "text: line 1: there is no name 'gone'"),
        (by(title="x", text="{{ notice }}" * 800), "text: more than 65,536 characters come of it"),
    ):
        made = rendered(NOTICE, "", texts)
        assert (made.title, made.text, made.hook_body) == (
            USUAL.title,
            USUAL.text,
            USUAL.hook_body,
        )
        assert made.note.startswith(f"the usual words: template: {why}"), made.note


def test_a_body_that_is_no_json_need_not_be_json() -> None:
    channel = Channel(kind="webhook", headers={"content-TYPE": "text/plain"})
    made = rendered(NOTICE, "", by(webhook_body='"{{ message }}"'), content_type_of(channel))
    assert made.hook_body == '"packet_loss is 5.2"'
    assert content_type_of(Channel(kind="webhook")) == "application/json"


def test_no_value_can_add_a_header_or_a_tag() -> None:
    evil = notice(
        rule_name="a\r\nBcc: x@y.example", message="<script>\0\x1b[2J</script>", probe_name="b\nc"
    )
    made = rendered(
        evil, "", by(title="{{ rule }}\n{{ probe }}", text="{{ message }}\r\n\x07{{ probe }}")
    )
    assert made.title == "a Bcc: x@y.example b c"
    assert "<script>" not in made.html
    assert all(c.isprintable() or c == "\n" for c in made.text)


def test_the_example_of_the_documents() -> None:
    text = DOCS.read_text().partition("## Templates")[2].partition("```json\n")[2]
    example = json.loads(text.partition("```")[0])
    texts = by(title=example["title"], webhook_body=example["webhook_body"])
    made = rendered(notice(event="resolved", duration_sec=310, link="https://x"), "", texts)
    assert json.loads(made.hook_body) == {"text": "CRITICAL: loss after 5 min 10 s https://x"}
    assert json.loads(rendered(NOTICE, "", texts).hook_body)["text"].startswith(
        "CRITICAL: loss 5.2 % https"
    )
