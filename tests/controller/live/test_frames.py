"""The two ways in which a panel may write and be written to."""

import json

import pytest

from forepost.controller.live.frames import Flat, Result, read
from forepost.controller.results.rows import shown
from forepost.wire.rest.panel import Gap, Ping, Pong, Subscribe, Subscribed, Unsubscribe
from tests.controller.series.series_rows import START, row


def test_the_same_frame_in_both_ways() -> None:
    frame = Flat.of(Subscribed(workspace_id=1, probe_id=0))
    assert json.loads(frame.flat) == {"type": "subscribe_ok", "workspace_id": 1, "probe_id": 0}
    assert json.loads(frame.event) == {
        "event": "subscribe_ok",
        "data": {"workspace_id": 1, "probe_id": 0},
    }
    assert json.loads(Flat.of(Pong()).event) == {"event": "pong"}
    assert json.loads(Flat.of(Gap(dropped=3)).event) == {"event": "gap", "data": {"dropped": 3}}
    assert frame.event is frame.event  # written once


def test_a_result_in_both_ways() -> None:
    frame = Result(7, row(START + 5, target_agent=4), shown)
    flat, event = json.loads(frame.flat), json.loads(frame.event)
    assert (flat["type"], flat["probe_type"], flat["workspace_id"]) == ("probe_data", "PING", 7)
    assert flat["data"]["payload"] == event["data"]["payload"]
    assert event == {
        "event": "probe_data",
        "data": {
            "workspace_id": 7,
            "probe_id": 1,
            "agent_id": 10,
            "probe_agent_id": 10,
            "target_agent": 4,
            "type": "PING",
            "payload": {"addr": "192.0.2.1", "seq": 1},
            "created_at": "2026-01-01T00:00:00Z",
            "target": "192.0.2.1",
            "triggered": False,
        },
    }


@pytest.mark.parametrize(
    ("text", "style", "said"),
    [
        ('{"type":"subscribe","workspace_id":1}', "flat", Subscribe(workspace_id=1)),
        (
            '{"event":"subscribe","data":{"workspace_id":1,"probe_id":2}}',
            "event",
            Subscribe(workspace_id=1, probe_id=2),
        ),
        (
            '{"event":"unsubscribe","data":{"workspace_id":1}}',
            "event",
            Unsubscribe(workspace_id=1),
        ),
        ('{"event":"ping"}', "event", Ping()),
        ('{"event":"ping","data":null}', "event", Ping()),
        ('{"type":"ping"}', "flat", Ping()),
    ],
)
def test_what_a_panel_says(text: str, style: str, said: object) -> None:
    assert read(text) == (style, said, "")


@pytest.mark.parametrize(
    ("text", "style", "wrong"),
    [
        ("{", None, "body: not JSON"),
        ("M", None, "body: not JSON"),
        ("[]", None, "body: expected `object`"),
        ("{}", None, "body: object missing required field `type`"),
        ('{"event":"shout"}', "event", "type: invalid value 'shout'"),
        ('{"event":"subscribe","data":[]}', "event", "body: expected `object`"),
        ('{"event":"subscribe","data":{"workspace_id":0}}', "event", "workspace_id: expected"),
        ('{"type":"subscribe"}', "flat", "body: object missing required field `workspace_id`"),
    ],
)
def test_what_no_panel_should_say(text: str, style: str | None, wrong: str) -> None:
    found_style, said, found = read(text)
    assert (found_style, said) == (style, None)
    assert found.startswith(wrong)
