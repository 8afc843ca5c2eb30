import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from forepost.agent.probes.wanted import list_of
from forepost.agent.talk import TooMuch
from forepost.agent.uplink.record import Record
from forepost.agent.uplink.session import Session
from forepost.agent.uplink.steps import (
    Acked,
    Deactivated,
    MoveTo,
    Ready,
    Say,
    TalkFrame,
    TimeWas,
    TurnedAway,
    Wanted,
)
from forepost.controller.fleet import session as controller_side
from forepost.controller.fleet import steps as controller_steps
from forepost.wire.local.status import SpoolStatus
from forepost.wire.uplink import neffos
from forepost.wire.uplink.clock import ClockReading, TimeIs
from forepost.wire.uplink.documents import PROBES, WantDocument
from forepost.wire.uplink.messages import Refused, Want
from forepost.wire.uplink.neffos import Frame
from forepost.wire.uplink.pieces import pieces_of

POST = b'{"probe_id":1,"created_at":"2026-11-21T09:14:46Z","type":"PING","payload":{}}'


def agent() -> Session:
    return Session("0.1.0", token=1795252457876461081, lost=0, documents=(PROBES,))


def test_with_netwatchers_controller_one_result_at_a_time() -> None:
    own = agent()
    assert own.start() == "M"
    assert list(own.received("A5a18377f-057a-440c-ab9a-de3550a3a5ee")) == [
        Say("$1795252457876461081;agent;;_OnNamespaceConnect;0;0;")
    ]
    version, connect = own.received("$1795252457876461081;;;;;;")
    assert version == Say(';agent;;version;0;0;{"version":"0.1.0"}')
    assert connect == Say("$1795252457876461082;forepost;;_OnNamespaceConnect;0;0;")
    refused = "$1795252457876461082;forepost;;_OnNamespaceConnect;1;0;bad namespace"
    assert list(own.received(refused)) == [Say(";agent;;probe_get;0;0;hello"), Ready()]
    (probes,) = own.received(';agent;;probe_get;0;0;[{"id":1,"type":"PING"}]')
    assert probes == Wanted(
        WantDocument(
            document=PROBES, revision="", body=msgspec.Raw(b'{"probes":[{"id":1,"type":"PING"}]}')
        ),
        "probe_get",
    )
    assert own.post(Record(5, POST)) == f";agent;;probe_post;0;0;{POST.decode()}"
    assert list(own.received(';agent;;probe_post_ok;0;0;{"ok":true}')) == [Acked([])]
    own.post(Record(6, POST))
    assert list(own.received(";agent;;probe_post;1;0;no handler")) == [
        Acked([Refused(seq=6, reason="no handler")])
    ]


@pytest.mark.parametrize("body", ["", "[]", "null"])
def test_an_empty_list_is_no_list(body: str) -> None:
    own = agent()
    list(own.received("A1"))
    if body:
        assert list(own.received(f";agent;;probe_get;0;0;{body}")) == []


def test_refusals() -> None:
    gone = "Hagent_deleted: agent has been removed from workspace"
    assert isinstance(next(agent().received(gone)), Deactivated)
    assert list(agent().received("Hunauthorized: invalid psk")) == [
        TurnedAway("unauthorized: invalid psk")
    ]
    # NetWatcher's own agent takes any text with 410 in it for its removal; ours does not.
    assert isinstance(next(agent().received("Hservice unavailable: port 4100")), TurnedAway)


def test_deactivated_and_disconnected() -> None:
    own = agent()
    list(own.received("A1"))
    assert list(own.received(';agent;;deactivate;0;0;{"reason":"deleted"}')) == [
        Deactivated("deleted")
    ]
    steps = list(own.received("1795252999000000000;agent;;_OnNamespaceDisconnect;0;0;"))
    assert steps[0] == Say("1795252999000000000;;;;;;")
    assert isinstance(steps[1], TurnedAway)


def test_both_of_our_sides_understand_each_other() -> None:
    own, other = agent(), controller_side.Session("A1", "0.2.0")
    to_controller, to_agent = [own.start()], [""]
    to_agent.clear()
    ready: list[Ready] = []
    given: list[controller_steps.Step] = []
    while to_controller or to_agent:
        if to_controller:
            for step in other.received(to_controller.pop(0)):
                if isinstance(step, controller_steps.Say):
                    to_agent.append(step.text)
                else:
                    given.append(step)
        else:
            for mine in own.received(to_agent.pop(0)):
                if isinstance(mine, Say):
                    to_controller.append(mine.text)
                elif isinstance(mine, Ready):
                    ready.append(mine)
    assert [one.able for one in ready] == [frozenset(controller_side.MINE)]
    assert [type(step) for step in given] == [controller_steps.VersionIs, controller_steps.Met]
    records = [Record(1, POST), Record(2, POST)]
    (reported,) = other.received(str(own.report(99, records)))
    assert isinstance(reported, controller_steps.Reported)
    assert (reported.boot, [seq for seq, _ in reported.posts]) == (99, [1, 2])
    late = ';forepost;;report_ok;0;0;{"boot":99,"seq":1,"refused":[]}'
    assert list(own.received(late)) == []
    assert list(own.received(late.replace('"seq":1', '"seq":2'))) == [Acked([])]


def test_the_spool_is_told_to_who_shows_it_and_a_wrong_word_of_it_is_refused() -> None:
    own, other = agent(), controller_side.Session("A1", "0.2.0")
    list(own.received("A1"))
    hello = ';forepost;;hello;0;0;{"version":"1","capabilities":["report"]}'
    (ready,) = own.received(hello)
    assert ready == Ready(frozenset({"report"}))  # one of before: it would not know the event
    list(other.received("M"))
    list(other.received("$1;forepost;;_OnNamespaceConnect;0;0;"))
    status = SpoolStatus(pending=9, bytes=70, lost=1, refused=0, backlog=7, backlog_left_sec=2.5)
    assert list(other.received(own.spool_is(status))) == [controller_steps.SpoolIs(status)]
    wrong = own.spool_is(msgspec.structs.replace(status, backlog=-1))
    (said,) = other.received(wrong)
    assert isinstance(said, controller_steps.Say)
    assert "backlog: expected `int` >= 0" in said.text


def test_a_long_list_comes_in_pieces_between_which_others_come() -> None:
    own = agent()
    list(own.received("A1"))
    want = Want(
        revision="r", probes=[msgspec.Raw(b'{"id":%d}' % number) for number in range(9_999)]
    )
    pieces = pieces_of(f";forepost;;want;0;0;{msgspec.json.encode(want).decode()}")
    assert len(pieces) > 3
    with pytest.raises(UnicodeDecodeError):
        own.text_of(pieces[0])  # it has not said yet what it opens
    list(own.received(';forepost;;hello;0;0;{"version":"1","capabilities":["report"]}'))
    own.report(99, [Record(1, POST)])
    for piece in pieces[:-1]:
        assert own.answer_to(piece) == ";forepost;;piece_ok;0;0;"
        assert own.text_of(piece) == ""
    assert own.answer_to("A1") == ""
    assert list(own.received(';forepost;;report_ok;0;0;{"boot":99,"seq":1,"refused":[]}')) == [
        Acked([])
    ]
    (wanted,) = own.received(own.text_of(pieces[-1]))
    assert isinstance(wanted, Wanted)
    assert (wanted.event, wanted.part.revision) == ("want", "r")
    assert list_of([wanted.part.body])[0] == want.probes


@pytest.mark.parametrize("event", ["report", "report_z"])
def test_a_report_that_is_refused_ends_the_conversation_in_words(event: str) -> None:
    own = agent()
    list(own.received("A1"))
    assert list(own.received(f";forepost;;{event};1;0;body: not JSON")) == [
        TurnedAway("results are refused: body: not JSON")
    ]


def test_reports_are_packed_for_who_can_open_them() -> None:
    records = [Record(number, POST) for number in range(1, 101)]
    for able, kind in (("", str), (',"deflate"', bytes)):
        own, other = agent(), controller_side.Session("A1", "0.2.0")
        list(own.received("A1"))
        list(
            own.received(f';forepost;;hello;0;0;{{"version":"1","capabilities":["report"{able}]}}')
        )
        report = own.report(99, records)
        assert isinstance(report, kind)
        if isinstance(report, bytes):
            list(other.received("M"))
            assert "report_z" in other.text_of(report)  # nothing is opened for a stranger
            list(other.received("$1;forepost;;_OnNamespaceConnect;0;0;"))
            assert len(report) < 10_000
            report = other.text_of(report)
            (reported,) = other.received(report)
            assert isinstance(reported, controller_steps.Reported)
            assert [seq for seq, _ in reported.posts] == list(range(1, 101))


def test_a_packed_report_that_cannot_be_opened_is_refused_in_words() -> None:
    other = controller_side.Session("A1", "0.2.0")
    list(other.received("M"))
    list(other.received("$1;forepost;;_OnNamespaceConnect;0;0;"))
    text = other.text_of(b";forepost;;report_z;0;0;junk")
    (said,) = other.received(text)
    assert isinstance(said, controller_steps.Say)
    assert said.text.startswith(";forepost;;report_z;1;0;body: not packed: ")


def test_what_no_controller_says_is_named() -> None:
    own = agent()
    list(own.received("A1"))
    with pytest.raises(neffos.Malformed):
        list(own.received("junk"))
    with pytest.raises(msgspec.MsgspecError):
        list(own.received(";forepost;;want;0;0;{}"))


def test_what_is_known_of_the_clock_is_told_to_our_own_controller_only() -> None:
    kept = POST[:-1] + b',"clock":{"offset_ms":7.0,"bound_ms":1.0}}'
    own = agent()
    own.post(Record(5, kept))
    said = neffos.decode(own.post(Record(5, kept))).body
    assert "clock" not in said
    assert msgspec.json.decode(said)["payload"] == {}
    reported = neffos.decode(str(own.report(1, [Record(5, kept)]))).body
    assert msgspec.json.decode(reported)["results"][0]["post"]["clock"]["offset_ms"] == 7


def test_the_time_is_asked_and_told() -> None:
    own, theirs = agent(), controller_side.Session("A1", "0.1.0")
    list(theirs.received("M"))
    list(theirs.received("$1;forepost;;_OnNamespaceConnect;0;0;"))
    (asked,) = theirs.received(own.ask_time(3))
    assert asked == controller_steps.TimeAsked(3)
    received = datetime(2026, 1, 1, 0, 0, 0, 250_000, tzinfo=UTC)
    said = controller_side.time_is(3, received, received + timedelta(milliseconds=1))
    list(own.received("A1"))
    (was,) = own.received(said)
    assert was == TimeWas(
        TimeIs(number=3, received_ns=1_767_225_600_250_000_000, sent_ns=1_767_225_600_251_000_000)
    )
    (told,) = theirs.received(own.clock_is(ClockReading(offset_ms=-3.5, bound_ms=1)))
    assert told == controller_steps.ClockIs(ClockReading(offset_ms=-3.5, bound_ms=1))


def of_both(own: Session, move_to: str) -> list[object]:
    """What the agent makes of what the controller says after its hello."""
    theirs = controller_side.Session("A1", "0.1.0", move_to)
    words = [own.start()]
    steps: list[object] = []
    while words:
        answers = [one.text for one in theirs.received(words.pop(0)) if hasattr(one, "text")]
        for text in answers:
            for step in own.received(text):
                words.extend([step.text] if isinstance(step, Say) else [])
                steps.append(step)
    return steps


def test_an_address_is_told_once_to_who_takes_it() -> None:
    there = "https://there.example"
    assert MoveTo(there) in of_both(agent(), there)
    assert not any(isinstance(step, MoveTo) for step in of_both(agent(), ""))
    deaf = Session("0.1.0", token=1, lost=0, may_move=False)
    assert not any(isinstance(step, MoveTo) for step in of_both(deaf, there))
    said = f';forepost;;move;0;0;{{"url":"{there}"}}'
    assert list(deaf.received(said)) == []
    own = agent()
    of_both(own, there)
    with pytest.raises(TooMuch, match="a second address"):
        list(own.received(said))
    for wrong in ("", "https://" + "x" * 301, "https://a\x1b[2J", "https://a/b", "file://a"):
        fresh = agent()
        of_both(fresh, "")
        with pytest.raises(msgspec.ValidationError):
            list(fresh.received(";forepost;;move;0;0;" + json.dumps({"url": wrong})))


class MadeUpTalk:
    capabilities = ("made-up",)
    events = (("forepost", "made_up"), ("agent", "made_up_ok"))

    def begin(self, say: object, able: object) -> Any:
        raise AssertionError  # it is only asked what it hears


def test_what_a_talk_hears_is_passed_on_as_it_came_and_nothing_else_is() -> None:
    own = Session("0.1.0", token=1, lost=0, talks=[MadeUpTalk()])
    list(own.received("A1"))
    (hello,) = own.received("$2;;;;;;")
    assert isinstance(hello, Say)
    assert json.loads(hello.text.split(";", 6)[6])["capabilities"][-1] == "made-up"
    for namespace, event, is_error in (
        ("forepost", "made_up", 0),
        ("forepost", "made_up", 1),
        ("agent", "made_up_ok", 0),
    ):
        (step,) = own.received(f";{namespace};;{event};{is_error};0;any;thing")
        frame = Frame(namespace, event, "any;thing", is_error=bool(is_error))
        assert step == TalkFrame(frame)
    for text in (";agent;;made_up;0;0;x", ";forepost;;made_up_ok;0;0;x", ";forepost;;other;1;0;x"):
        assert list(own.received(text)) == []
