import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.controller.fleet.session import MOST_VALUES, POSTED_OK, Session
from forepost.controller.fleet.steps import (
    HangUp,
    Has,
    ListAsked,
    Met,
    Posted,
    Reported,
    Say,
    Step,
    TalkEvent,
    VersionIs,
)
from forepost.wire.uplink.documents import HaveDocument
from forepost.wire.uplink.messages import Hello
from forepost.wire.uplink.neffos import Frame

# As it was seen on the wire from NetWatcher's own agent.
POST = (
    ';agent;;probe_post;0;0;{"probe_id":1,"triggered":false,"triggered_reason":"",'
    '"created_at":"2026-11-21T09:14:46.931132448Z","type":"PING","payload":{"start_timestamp":'
    '"2026-11-21T09:14:17.878481766Z","stop_timestamp":"2026-11-21T09:14:46.931001073Z",'
    '"packets_recv":30,"packets_sent":30,"packets_recv_duplicates":0,"packet_loss":0,'
    '"addr":"203.0.113.2","min_rtt":48683,"max_rtt":2072472,"avg_rtt":155888,'
    '"std_dev_rtt":357498},"target":"203.0.113.2"}'
)


def session() -> Session:
    fresh = Session("Aconnection-1", "0.1.0")
    assert list(fresh.received("M")) == [Say("Aconnection-1")]
    return fresh


def connected(namespace: str = "agent") -> Session:
    fresh = session()
    answer = list(fresh.received(f"$17;{namespace};;_OnNamespaceConnect;0;0;"))
    assert answer == [Say("$17;;;;;;")]
    return fresh


def said(steps: list[Step]) -> list[str]:
    return [step.text for step in steps if isinstance(step, Say)]


def test_netwatchers_agent_connects_and_posts() -> None:
    netwatcher = connected()
    assert list(netwatcher.received(";agent;;probe_get;0;0;hello")) == [ListAsked()]
    assert list(netwatcher.received(';agent;;version;0;0;{"version":"dev"}')) == [
        VersionIs("dev"),
        Say(";agent;;version;0;0;ok"),
    ]
    (posted,) = netwatcher.received(POST)
    assert isinstance(posted, Posted)
    assert posted.post.type == "PING"
    assert msgspec.json.decode(posted.post.payload)["min_rtt"] == 48683
    assert POSTED_OK == ';agent;;probe_post_ok;0;0;{"ok":true}'
    ping = ';agent;;ping;0;0;{"ts":"2026-11-21T09:14:47Z"}'
    assert said(list(netwatcher.received(ping))) == [';agent;;pong;0;0;{"ok":true}']


def test_a_refusal_is_said_and_ends_the_conversation() -> None:
    refused = Session("Hunauthorized: invalid psk", "0.1.0")
    assert list(refused.received("M")) == [Say("Hunauthorized: invalid psk"), HangUp()]


def test_the_first_word_is_m() -> None:
    assert isinstance(list(Session("A1", "0").received(POST))[-1], HangUp)


def test_a_foreign_namespace_is_refused() -> None:
    assert said(list(session().received("$1;panel;;_OnNamespaceConnect;0;0;"))) == [
        "$1;panel;;_OnNamespaceConnect;1;0;bad namespace"
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no frame", "malformed message"),
        (";agent;;probe_post;0;0;{", "not JSON"),
        (';agent;;probe_post;0;0;{"type":"PING"}', "missing required field `created_at`"),
        (";agent;;reboot;0;0;{}", "unknown event"),
        (';forepost;;report;0;0;{"boot":1,"results":[]}', "namespace not connected"),
    ],
)
def test_what_is_wrong_is_answered_with_an_error_frame(text: str, reason: str) -> None:
    (answer,) = said(list(connected().received(text)))
    assert answer.split(";")[4] == "1"
    assert reason in answer


def test_a_time_without_a_zone_is_refused() -> None:
    text = POST.replace('448Z","type"', '448","type"')
    (answer,) = said(list(connected().received(text)))
    assert "created_at: " in answer


def test_our_own_agent_reports_in_batches() -> None:
    own = connected("forepost")
    hello = list(own.received(';forepost;;hello;0;0;{"version":"0.1.0","capabilities":["report"]}'))
    assert hello[0] == Met(Hello(version="0.1.0", capabilities=["report"]))
    good = POST.split(";", 6)[6]
    report = (
        ';forepost;;report;0;0;{"boot":7,"results":[{"seq":1,"post":'
        + good
        + '},{"seq":2,"post":{"type":"ping"}},{"seq":3,"post":'
        + good
        + "}]}"
    )
    (reported,) = own.received(report)
    assert isinstance(reported, Reported)
    assert (reported.boot, reported.seq) == (7, 3)
    assert [seq for seq, _ in reported.posts] == [1, 3]
    assert [one.seq for one in reported.refused] == [2]


def test_nothing_is_packed_before_the_agent_is_greeted() -> None:
    """It would take it for a message that is wrong, and miss a list."""
    own = connected("forepost")
    steps = own.received(
        ';forepost;;hello;0;0;{"version":"0.1.0","capabilities":["report","deflate"]}'
    )
    assert isinstance(next(steps), Met)
    assert not own.packs
    greeted = next(steps)
    assert isinstance(greeted, Say)
    assert ";hello;" in greeted.text
    assert not own.packs
    assert list(steps) == []
    assert own.packs


def test_a_second_hello_begins_nothing_anew() -> None:
    own = connected("forepost")
    hello = ';forepost;;hello;0;0;{"version":"0.1.0","capabilities":["documents"]}'
    assert isinstance(next(iter(own.received(hello))), Met)
    assert list(own.received(hello)) == [
        Say(";forepost;;hello;1;0;a second hello in one conversation")
    ]


@pytest.mark.parametrize(
    "time",
    [
        "9999-12-31T23:59:59-23:59",
        "9999-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "0001-01-01T00:00:00+23:59",
    ],
)
def test_a_time_that_nobody_could_show_is_refused(time: str) -> None:
    """At 87e98c6 one such result made all results of its workspace answer 500, for ever."""
    post = f'{{"probe_id":1,"created_at":"{time}","type":"PING","payload":{{}}}}'
    refused = ";agent;;probe_post;1;0;created_at: must be from 1970 to 2199"
    assert said(list(connected().received(f";agent;;probe_post;0;0;{post}"))) == [refused]
    own = connected("forepost")
    report = f';forepost;;report;0;0;{{"boot":7,"results":[{{"seq":1,"post":{post}}}]}}'
    (reported,) = own.received(report)
    assert isinstance(reported, Reported)
    assert [one.reason for one in reported.refused] == ["created_at: must be from 1970 to 2199"]


def test_a_clock_that_starts_in_1970_is_only_wrong() -> None:
    post = '{"probe_id":1,"created_at":"1970-01-01T00:00:09Z","type":"PING","payload":{}}'
    (posted,) = connected().received(f";agent;;probe_post;0;0;{post}")
    assert isinstance(posted, Posted)


def test_a_payload_of_too_many_values_is_refused_before_anybody_reads_it() -> None:
    """990 kB of empty objects held the whole controller up for 4.9 s."""
    payload = "[" + "{}," * 300_000 + "{}]"
    post = f'{{"probe_id":1,"created_at":"2026-01-01T00:00:00Z","type":"PING","payload":{payload}}}'
    refused = f";agent;;probe_post;1;0;body: more than {MOST_VALUES} values"
    assert said(list(connected().received(f";agent;;probe_post;0;0;{post}"))) == [refused]


@pytest.mark.parametrize(
    ("text", "have"),
    [
        (
            'have_document;0;0;{"document":"workloads","revision":"r","state":"applying"}',
            HaveDocument(document="workloads", revision="r", state="applying"),
        ),
        (
            'have;0;0;{"revision":"r","unsupported":["probe 7: type MTR"]}',
            HaveDocument(document="probes", revision="r", problems=["probe 7: type MTR"]),
        ),
        (
            'have_groups;0;0;{"revision":"r","problems":["no room"]}',
            HaveDocument(document="groups", revision="r", problems=["no room"]),
        ),
    ],
)
def test_an_agent_says_what_it_has(text: str, have: HaveDocument) -> None:
    """Also one of the version before, in its own words."""
    assert list(connected("forepost").received(f";forepost;;{text}")) == [Has(have)]


@pytest.mark.parametrize("event", ["have_document", "have", "have_groups"])
def test_a_revision_that_a_database_could_not_keep_is_refused(event: str) -> None:
    """One NUL would keep what all agents say from PostgreSQL, for ever."""
    body = '{"document":"groups","revision":"a\\u0000"}'
    (answer,) = said(list(connected("forepost").received(f";forepost;;{event};0;0;{body}")))
    assert answer.startswith(f";forepost;;{event};1;0;revision: ")


def test_an_event_of_a_talk_is_its_own() -> None:
    fresh = Session("A1", "0.1.0", events=frozenset({("agent", "speedtest_result")}))
    list(fresh.received("M"))
    list(fresh.received("$17;agent;;_OnNamespaceConnect;0;0;"))
    (heard,) = fresh.received(";agent;;speedtest_result;0;0;{}")
    assert heard == TalkEvent(Frame("agent", "speedtest_result", "{}"))
    assert "unknown event" in said(list(connected().received(";agent;;speedtest_result;0;0;{}")))[0]


@given(st.lists(st.text(max_size=80), max_size=5))
def test_no_text_ends_the_process(texts: list[str]) -> None:
    fuzzed = connected()
    for text in texts:
        assert all(not isinstance(step, Posted) for step in fuzzed.received(text))


@given(st.text(max_size=60))
def test_no_body_ends_the_process(body: str) -> None:
    fuzzed = connected("forepost")
    for event in ("report", "hello", "have", "have_document", "have_groups", "probe_post"):
        list(fuzzed.received(f";forepost;;{event};0;0;{body}"))
