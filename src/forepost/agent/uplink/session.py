"""The conversation with a controller, from the agent's side. No I/O: texts in, steps out.

With our own controller both namespaces are connected and results go in batches; with any other that
speaks NetWatcher's protocol, only `agent`, one result at a time.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

import msgspec

from forepost.agent.talk import Talk, TooMuch, frame_of
from forepost.agent.uplink import former_events
from forepost.agent.uplink.bounds import LARGEST_MESSAGE, LONGEST_TEXT, check_message
from forepost.agent.uplink.record import Record
from forepost.agent.uplink.steps import (
    Acked,
    Deactivated,
    MoveTo,
    Ready,
    Say,
    Step,
    TalkFrame,
    TimeWas,
    TurnedAway,
    Wanted,
)
from forepost.wire.local.status import SpoolStatus
from forepost.wire.uplink import neffos
from forepost.wire.uplink.clock import ClockReading, TimeAsk, TimeIs
from forepost.wire.uplink.documents import (
    DOCUMENTS,
    GROUPS,
    HAVE,
    WANT,
    HaveDocument,
    WantDocument,
)
from forepost.wire.uplink.messages import (
    AGENT,
    CLOCK,
    FOREPOST,
    MOVE,
    PAIRS,
    REPORT,
    Hello,
    Move,
    ProbePost,
    Refused,
    Report,
    ReportOk,
    Result,
    Version,
)
from forepost.wire.uplink.messages import WANT as WANT_LIST
from forepost.wire.uplink.neffos import Frame
from forepost.wire.uplink.packed import DEFLATE, REPORT_Z, packed
from forepost.wire.uplink.pieces import PIECE_OK, Pieces, is_piece

OURS: Final = (REPORT, WANT_LIST, PAIRS, CLOCK, MOVE, DEFLATE, DOCUMENTS)
"""What every agent of ours can do, whatever its subjects are; MOVE where its site lets it."""
GONE: Final = "agent_deleted:"
"""How a refusal begins that is for good."""


class _Reason(msgspec.Struct):
    reason: str = ""


_move = msgspec.json.Decoder(Move)
_want = msgspec.json.Decoder(WantDocument)
_report_ok = msgspec.json.Decoder(ReportOk)
_hello = msgspec.json.Decoder(Hello)
_time_is = msgspec.json.Decoder(TimeIs)
_post = msgspec.json.Decoder(ProbePost)
_reason = msgspec.json.Decoder(_Reason)


class Session:
    """`token`: digits that tell our questions apart, Unix ns in NetWatcher's agent."""

    def __init__(
        self,
        version: str,
        token: int,
        lost: int,
        speedtest_port: int = 0,
        *,
        documents: Collection[str] = (),
        talks: Sequence[Talk] = (),
        may_move: bool = True,
        boot: int = 0,
    ) -> None:
        """`speedtest_port`: where this agent answers speed tests of others; 0: nowhere.
        `documents`: which ones this agent takes. `talks`: whose events are passed on. `boot`: a
        number of this start of the agent; 0: it is not said.
        """
        self._boot = boot
        self._version, self._lost = version, lost
        self._agent_token, self._own_token = f"${token}", f"${token + 1}"
        self._accepted = False
        self._sent: tuple[int, int] | None = None
        self._speedtest_port = speedtest_port
        self._documents = documents
        self._capabilities = [able for talk in talks for able in talk.capabilities]
        self._events = frozenset(event for talk in talks for event in talk.events)
        self._may_move = may_move
        self._pieces = Pieces(LARGEST_MESSAGE)
        self._met = self._ready = self._packs = self._moves = False
        self._own_events: dict[str, Callable[[str], Iterator[Step]]] = {
            "hello": self._greeted,
            WANT: self._want_document,
            "want": self._want_probes,
            "want_groups": self._want_groups,
            "move": self._move,
            "clock": self._time_was,
            "report_ok": self._reported,
        }
        self._agent_events: dict[str, Callable[[Frame], Iterator[Step]]] = {
            "probe_get": self._list_came,
            "probe_post_ok": self._posted,
            "probe_post": self._post_refused,
            "deactivate": self._deactivated,
        }

    def start(self) -> str:
        return neffos.HELLO

    def answer_to(self, message: str | bytes) -> str:
        """What is said at once to whoever sent a piece; "" to others."""
        if self._ready and isinstance(message, bytes) and is_piece(message):
            return neffos.encode(Frame(FOREPOST, PIECE_OK))
        return ""

    def text_of(self, message: bytes) -> str:
        """What a binary message says; "" where there is more of it to come.

        Raises neffos.Malformed and UnicodeDecodeError.
        """
        if self._ready and is_piece(message):
            return (self._pieces.take(message) or b"").decode()
        return message.decode()

    def received(self, text: str) -> Iterator[Step]:
        """Raises neffos.Malformed and msgspec.MsgspecError for what no controller says, TooMuch for
        what is more than an agent takes, RecursionError for what is nested more deeply than
        anything is. The conversation may go on after each.
        """
        if not self._accepted:
            yield from self._answered(text)
            return
        frame = neffos.decode(text)
        check_message(frame.body)
        if frame.wait == self._agent_token:
            yield from self._agent_connected(frame)
        elif frame.wait == self._own_token:
            yield from self._own_connected(frame)
        elif (frame.namespace, frame.event) in self._events:
            yield TalkFrame(frame)
        elif frame.namespace == FOREPOST and not frame.is_error:
            yield from self._own_event(frame)
        elif frame.namespace == FOREPOST and frame.event in (REPORT, REPORT_Z):
            # Nothing would follow, and the results behind it would wait for ever.
            yield TurnedAway(f"results are refused: {frame.body[:LONGEST_TEXT]}")
        elif frame.event == neffos.DISCONNECT:
            yield Say(neffos.empty_reply(frame.wait))
            yield TurnedAway("the controller ended the conversation")
        else:
            yield from self._agent_event(frame)

    def report(self, boot: int, records: Sequence[Record]) -> str | bytes:
        """Results of one boot, to be answered by Acked; packed for who can open that."""
        self._sent = boot, records[-1].seq
        results = [Result(seq=record.seq, post=msgspec.Raw(record.data)) for record in records]
        plain = _frame(FOREPOST, "report", Report(boot=boot, results=results))
        return packed(plain) if self._packs else plain

    def post(self, record: Record) -> str:
        """One result, to be answered by Acked."""
        self._sent = 0, record.seq
        data = record.data
        if b'"clock":' in data:  # no other controller knows what that is
            data = msgspec.json.encode(_post.decode(data))
        return neffos.encode(Frame(AGENT, "probe_post", data.decode()))

    def have(self, have: HaveDocument, event: former_events.Event = WANT) -> str:
        """What is said of a document that came by this event; "" where there are no words."""
        if event == WANT:
            return _frame(FOREPOST, HAVE, have)
        answer = former_events.answer(have, event)
        return neffos.encode(answer) if answer is not None else ""

    def ask_time(self, number: int) -> str:
        return _frame(FOREPOST, "clock", TimeAsk(number=number))

    def clock_is(self, reading: ClockReading) -> str:
        return _frame(FOREPOST, "clock_is", reading)

    def spool_is(self, status: SpoolStatus) -> str:
        return _frame(FOREPOST, "spool_is", status)

    def ping(self, now: str) -> str:
        return neffos.encode(Frame(AGENT, "ping", msgspec.json.encode({"ts": now}).decode()))

    def _answered(self, text: str) -> Iterator[Step]:
        if text.startswith(neffos.ACCEPTED):
            self._accepted = True
            yield Say(neffos.encode(Frame(AGENT, neffos.CONNECT, wait=self._agent_token)))
            return
        reason = text.removeprefix(neffos.REFUSED)[:LONGEST_TEXT]
        yield Deactivated(reason) if reason.startswith(GONE) else TurnedAway(reason)

    def _agent_connected(self, frame: Frame) -> Iterator[Step]:
        if frame.is_error:
            yield TurnedAway(frame.body[:LONGEST_TEXT])
            return
        if self._met:
            raise TooMuch("a second answer to one question")
        self._met = True
        yield Say(_frame(AGENT, "version", Version(version=self._version)))
        yield Say(neffos.encode(Frame(FOREPOST, neffos.CONNECT, wait=self._own_token)))

    def _own_connected(self, frame: Frame) -> Iterator[Step]:
        if self._ready:
            raise TooMuch("a second answer to one question")
        if frame.is_error:
            self._ready = True
            yield Say(neffos.encode(Frame(AGENT, "probe_get", "hello")))
            yield Ready()
            return
        able = [one for one in OURS if one != MOVE or self._may_move]
        hello = Hello(
            version=self._version,
            capabilities=[*able, *former_events.named_by(self._documents), *self._capabilities],
            lost=self._lost,
            speedtest_port=self._speedtest_port,
            boot=self._boot,
        )
        yield Say(_frame(FOREPOST, "hello", hello))

    def _own_event(self, frame: Frame) -> Iterator[Step]:
        """An event that is not known is of a newer controller: we named no such capability."""
        answer = self._own_events.get(frame.event)
        return answer(frame.body) if answer is not None else iter(())

    def _greeted(self, body: str) -> Iterator[Step]:
        if self._ready:
            raise TooMuch("a second hello")
        self._ready = True
        able = frozenset(_hello.decode(body).capabilities)
        self._packs = DEFLATE in able
        yield Ready(able)

    def _want_document(self, body: str) -> Iterator[Step]:
        yield Wanted(self._taken(_want.decode(body)), WANT)

    def _want_probes(self, body: str) -> Iterator[Step]:
        yield Wanted(self._taken(former_events.probes_of_want(body)), "want")

    def _want_groups(self, body: str) -> Iterator[Step]:
        if GROUPS in self._documents:
            yield Wanted(former_events.groups_of_want(body), "want_groups")

    def _move(self, body: str) -> Iterator[Step]:
        if self._may_move:
            if self._moves:
                raise TooMuch("a second address in one conversation")
            self._moves = True
            yield MoveTo(_move.decode(body).url)

    def _time_was(self, body: str) -> Iterator[Step]:
        yield TimeWas(_time_is.decode(body))

    def _reported(self, body: str) -> Iterator[Step]:
        ok = _report_ok.decode(body)
        if self._sent == (ok.boot, ok.seq):
            self._sent = None
            yield Acked(ok.refused)

    def _taken(self, part: WantDocument) -> WantDocument:
        if part.document not in self._documents:
            raise TooMuch(f"document {part.document}: this agent takes no such document")
        return part

    def _agent_event(self, frame: Frame) -> Iterator[Step]:
        """Nothing follows from an event that is not known: pong, version and their like."""
        answer = self._agent_events.get(frame.event)
        return answer(frame) if answer is not None else iter(())

    def _list_came(self, frame: Frame) -> Iterator[Step]:
        if not frame.is_error and (part := former_events.probes_of_list(frame.body)) is not None:
            yield Wanted(self._taken(part), "probe_get")

    def _posted(self, _frame: Frame) -> Iterator[Step]:
        if self._sent:
            self._sent = None
            yield Acked([])

    def _post_refused(self, frame: Frame) -> Iterator[Step]:
        if frame.is_error and self._sent:
            refused = [Refused(seq=self._sent[1], reason=frame.body[:LONGEST_TEXT])]
            self._sent = None
            yield Acked(refused)

    def _deactivated(self, frame: Frame) -> Iterator[Step]:
        yield Deactivated(_reason.decode(frame.body).reason[:LONGEST_TEXT])


def _frame(namespace: str, event: str, body: msgspec.Struct) -> str:
    return neffos.encode(frame_of(namespace, event, body))
