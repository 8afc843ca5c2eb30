"""The conversation with a controller, from the agent's side. No I/O: texts in, steps out.

With our own controller both namespaces are connected and results go in batches; with any other that
speaks NetWatcher's protocol, only `agent`, one result at a time.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from forepost.agent.uplink.bounds import (
    LARGEST_MESSAGE,
    LONGEST_TEXT,
    GroupParts,
    TooMuch,
    check_list,
    check_message,
)
from forepost.agent.uplink.record import Record
from forepost.agent.uplink.steps import (
    Acked,
    Deactivated,
    GroupsAre,
    MoveTo,
    ProbesAre,
    Ready,
    Say,
    SpeedtestKept,
    SpeedtestsAre,
    Step,
    TimeWas,
    TurnedAway,
)
from forepost.wire.local.status import SpoolStatus
from forepost.wire.speedtests.queue import (
    AskedSpeedtest,
    SpeedtestProgress,
    SpeedtestResult,
    SpeedtestServer,
)
from forepost.wire.uplink import neffos
from forepost.wire.uplink.clock import ClockReading, TimeAsk, TimeIs
from forepost.wire.uplink.groups import GROUPS, GroupEntries, HaveGroups, WantGroups
from forepost.wire.uplink.messages import (
    AGENT,
    CAPABILITIES,
    CLOCK,
    FOREPOST,
    LONGEST_REASON,
    MOST_REASONS,
    MOVE,
    REPORT,
    SPEEDTEST,
    SPOOL,
    Have,
    Hello,
    Move,
    ProbePost,
    Refused,
    Report,
    ReportOk,
    Result,
    Version,
    Want,
)
from forepost.wire.uplink.neffos import Frame
from forepost.wire.uplink.packed import DEFLATE, REPORT_Z, packed
from forepost.wire.uplink.pieces import PIECE_OK, Pieces, is_piece

MOST_TESTS: Final = 100
GONE: Final = "agent_deleted:"
"""How a refusal begins that is for good."""


class _Reason(msgspec.Struct):
    reason: str = ""


_move = msgspec.json.Decoder(Move)
_want = msgspec.json.Decoder(Want)
_report_ok = msgspec.json.Decoder(ReportOk)
_hello = msgspec.json.Decoder(Hello)
_want_groups = msgspec.json.Decoder(WantGroups)
_list = msgspec.json.Decoder(list[msgspec.Raw] | None)
_time_is = msgspec.json.Decoder(TimeIs)
_post = msgspec.json.Decoder(ProbePost)
_reason = msgspec.json.Decoder(_Reason)
_test = msgspec.json.Decoder(AskedSpeedtest)


class Session:
    """`token`: digits that tell our questions apart, Unix ns in NetWatcher's agent."""

    def __init__(
        self,
        version: str,
        token: int,
        lost: int,
        speedtest_port: int = 0,
        *,
        takes_groups: bool = False,
        may_move: bool = True,
        boot: int = 0,
    ) -> None:
        """`speedtest_port`: where this agent answers speed tests of others; 0: nowhere. `boot`: a
        number of this start of the agent; 0: it is not said.
        """
        self._boot = boot
        self._version, self._lost = version, lost
        self._agent_token, self._own_token = f"${token}", f"${token + 1}"
        self._accepted = False
        self._sent: tuple[int, int] | None = None
        self._test_sent = 0
        self._speedtest_port = speedtest_port
        self._takes_groups = takes_groups
        self._parts = GroupParts()
        self._may_move = may_move
        self._pieces = Pieces(LARGEST_MESSAGE)
        self._met = self._ready = self._packs = self._moves = False

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
            yield from self._greeted(text)
            return
        frame = neffos.decode(text)
        check_message(frame.body)
        if frame.wait == self._agent_token:
            yield from self._agent_connected(frame)
        elif frame.wait == self._own_token:
            yield from self._own_connected(frame)
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

    def have(self, revision: str, unsupported: list[str]) -> str:
        told = [text[:LONGEST_REASON] for text in unsupported[:MOST_REASONS]]
        return _frame(FOREPOST, "have", Have(revision=revision, unsupported=told))

    def have_groups(self, have: HaveGroups) -> str:
        return _frame(FOREPOST, "have_groups", have)

    def ask_time(self, number: int) -> str:
        return _frame(FOREPOST, "clock", TimeAsk(number=number))

    def clock_is(self, reading: ClockReading) -> str:
        return _frame(FOREPOST, "clock_is", reading)

    def spool_is(self, status: SpoolStatus) -> str:
        return _frame(FOREPOST, "spool_is", status)

    def ping(self, now: str) -> str:
        return neffos.encode(Frame(AGENT, "ping", msgspec.json.encode({"ts": now}).decode()))

    def speedtest_servers(self, servers: list[SpeedtestServer]) -> str:
        body = msgspec.json.encode(servers).decode()
        return neffos.encode(Frame(AGENT, "speedtest_servers", body))

    def speedtest_queue_get(self) -> str:
        return neffos.encode(Frame(AGENT, "speedtest_queue_get", "{}"))

    def speedtest_result(self, result: SpeedtestResult) -> str:
        """One at a time, to be answered by SpeedtestKept."""
        self._test_sent = result.queue_id
        return _frame(AGENT, "speedtest_result", result)

    def speedtest_progress(self, progress: SpeedtestProgress) -> str:
        return _frame(FOREPOST, "speedtest_progress", progress)

    def _greeted(self, text: str) -> Iterator[Step]:
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
            yield Ready(batched=False)
            return
        able = [one for one in CAPABILITIES if one != MOVE or self._may_move]
        hello = Hello(
            version=self._version,
            capabilities=[*able, DEFLATE, *([GROUPS] if self._takes_groups else [])],
            lost=self._lost,
            speedtest_port=self._speedtest_port,
            boot=self._boot,
        )
        yield Say(_frame(FOREPOST, "hello", hello))

    def _own_event(self, frame: Frame) -> Iterator[Step]:
        match frame.event:
            case "hello" if self._ready:
                raise TooMuch("a second hello")
            case "hello":
                self._ready = True
                able = _hello.decode(frame.body).capabilities
                self._packs = DEFLATE in able
                yield Ready(
                    batched=REPORT in able,
                    shows_tests=SPEEDTEST in able,
                    tells_time=CLOCK in able,
                    gives_groups=GROUPS in able,
                    shows_spool=SPOOL in able,
                )
            case "want":
                want = _want.decode(frame.body)
                check_list(want.revision, want.probes, want.keys)
                yield ProbesAre(want.revision, want.probes, want.keys)
            case "want_groups" if self._takes_groups:
                yield from self._part(_want_groups.decode(frame.body), len(frame.body))
            case "move" if self._may_move:
                if self._moves:
                    raise TooMuch("a second address in one conversation")
                self._moves = True
                yield MoveTo(_move.decode(frame.body).url)
            case "clock":
                yield TimeWas(_time_is.decode(frame.body))
            case "report_ok":
                ok = _report_ok.decode(frame.body)
                if self._sent == (ok.boot, ok.seq):
                    self._sent = None
                    yield Acked(ok.refused)
            case _:
                pass  # of a newer controller; it was not among the capabilities we named

    def _part(self, part: WantGroups, size: int) -> Iterator[Step]:
        """Nothing is wanted before the last part of a revision is there."""
        entries = self._parts.take(part, size)
        if entries is not None:
            groups = [GroupEntries(name=name, entries=found) for name, found in entries.items()]
            yield GroupsAre(part.revision, groups)

    def _agent_event(self, frame: Frame) -> Iterator[Step]:
        match frame.event:
            case "probe_get" if not frame.is_error:
                probes = _list.decode(frame.body)
                check_list("", probes or (), {})
                if probes:  # NetWatcher sends nothing where it failed; a list is never empty
                    yield ProbesAre("", probes)
            case "probe_post_ok" if self._sent:
                self._sent = None
                yield Acked([])
            case "probe_post" if frame.is_error and self._sent:
                refused = [Refused(seq=self._sent[1], reason=frame.body[:LONGEST_TEXT])]
                self._sent = None
                yield Acked(refused)
            case "speedtest_queue" if not frame.is_error:
                if tests := _list.decode(frame.body):
                    yield _speedtests(tests)
            case "speedtest_result_ok" if self._test_sent:
                kept, self._test_sent = SpeedtestKept(self._test_sent), 0
                yield kept
            case "speedtest_result" if frame.is_error and self._test_sent:
                said = frame.body[:LONGEST_TEXT]
                kept, self._test_sent = SpeedtestKept(self._test_sent, said), 0
                yield kept
            case "deactivate":
                yield Deactivated(_reason.decode(frame.body).reason[:LONGEST_TEXT])
            case _:
                pass  # pong, version, speedtest_servers_ok: nothing follows from them


def _speedtests(raws: Sequence[msgspec.Raw]) -> SpeedtestsAre:
    """One by one: one that is wrong never costs the others. Of a queue the first ones count."""
    found = SpeedtestsAre([], [])
    for raw in raws[:MOST_TESTS]:
        try:
            found.tests.append(_test.decode(raw))
        except msgspec.ValidationError as error:
            found.wrong.append(str(error)[:LONGEST_TEXT])
    return found


def _frame(namespace: str, event: str, body: msgspec.Struct) -> str:
    return neffos.encode(Frame(namespace, event, msgspec.json.encode(body).decode()))
