"""The conversation with one agent, from the controller's side. No I/O: texts in, steps out."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from forepost.controller.fleet.steps import (
    Able,
    AnswersSpeedtests,
    ClockIs,
    GiveProbes,
    GiveSpeedtests,
    HangUp,
    HasGroups,
    PieceTaken,
    Posted,
    Reported,
    RunsList,
    Say,
    ServersAre,
    SpeedtestEnded,
    SpeedtestMoves,
    SpoolIs,
    Step,
    TimeAsked,
    VersionIs,
)
from forepost.wire.base import complaint
from forepost.wire.depth import is_deep, most_values
from forepost.wire.local.status import SpoolStatus
from forepost.wire.speedtests.queue import SpeedtestProgress, SpeedtestResult, SpeedtestServers
from forepost.wire.uplink import neffos
from forepost.wire.uplink.clock import ClockReading, TimeAsk, TimeIs
from forepost.wire.uplink.groups import GROUPS, HaveGroups
from forepost.wire.uplink.messages import (
    AGENT,
    CAPABILITIES,
    FOREPOST,
    MOVE,
    SPEEDTEST,
    SPOOL,
    Have,
    Hello,
    Measured,
    Move,
    Ok,
    ProbePost,
    Refused,
    Report,
    Version,
    WholeReport,
)
from forepost.wire.uplink.neffos import Frame
from forepost.wire.uplink.packed import DEFLATE, REPORT_Z, is_packed, opened

OK: Final = msgspec.json.encode(Ok()).decode()

_POST: Final = neffos.encode(Frame(AGENT, "probe_post"))

_report = msgspec.json.Decoder(Report)
_whole_report = msgspec.json.Decoder(WholeReport)
TOO_DEEP: Final = "nested too deeply"
MOST_VALUES: Final = 100_000
"""In one payload; a report of traffic with all its lists full has less."""
TOO_MANY: Final = f"more than {MOST_VALUES} values"
EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""A clock may be wrong, and a result is kept all the same; these are times that can be shown."""
OUT_OF_TIME: Final = "must be from 1970 to 2199 - at `$.created_at`"
_post = msgspec.json.Decoder(ProbePost)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_measured = msgspec.json.Decoder(Measured)
_time_ask = msgspec.json.Decoder(TimeAsk)
_reading = msgspec.json.Decoder(ClockReading)
_spool = msgspec.json.Decoder(SpoolStatus)
_hello = msgspec.json.Decoder(Hello)
_have = msgspec.json.Decoder(Have)
_have_groups = msgspec.json.Decoder(HaveGroups)
_version = msgspec.json.Decoder(Version)


_servers = msgspec.json.Decoder(SpeedtestServers)
_speedtest = msgspec.json.Decoder(SpeedtestResult)
_progress = msgspec.json.Decoder(SpeedtestProgress)

POSTED_OK: Final = neffos.encode(Frame(AGENT, "probe_post_ok", OK))
"""The answer to a result that is kept."""
SPEEDTEST_OK: Final = neffos.encode(Frame(AGENT, "speedtest_result_ok", OK))


def refusal(frame: Frame, reason: str) -> str:
    """What came, sent back as an error with the reason as its body."""
    return neffos.encode(msgspec.structs.replace(frame, is_error=True, body=reason))


def _readable(post: ProbePost) -> ProbePost:
    """The same. Raises ValidationError where somebody could not read or show it again."""
    if not EARLIEST <= post.created_at < LATEST:
        raise msgspec.ValidationError(OUT_OF_TIME)
    payload = bytes(post.payload)
    if len(payload) >= MOST_VALUES and most_values(payload) > MOST_VALUES:
        raise msgspec.ValidationError(TOO_MANY)
    if is_deep(payload):
        raise msgspec.ValidationError(TOO_DEEP)
    return post


def want_groups(part: bytes) -> str:
    """One part of the document, as JSON."""
    return neffos.encode(Frame(FOREPOST, "want_groups", part.decode()))


def time_is(number: int, received: datetime, now: datetime) -> str:
    """The answer to TimeAsked."""
    answer = TimeIs(number=number, received_ns=_unix_ns(received), sent_ns=_unix_ns(now))
    return neffos.encode(Frame(FOREPOST, "clock", msgspec.json.encode(answer).decode()))


def _unix_ns(time: datetime) -> int:
    return (time - _EPOCH) // _MICROSECOND * 1_000


class Session:
    """`greeting`: what answers the agent's first word, `A<id>` or `H<reason>`."""

    def __init__(self, greeting: str, version: str, move_to: str = "") -> None:
        """`move_to`: the address that agents are told to use from now on."""
        self._greeting, self._version, self._move_to = greeting, version, move_to
        self._greeted = False
        self._namespaces: set[str] = set()
        self.packs = False
        """Whether the agent opens what is packed."""

    def speaks(self, namespace: str) -> bool:
        return namespace in self._namespaces

    def result_in(self, text: str) -> ProbePost | None:
        """The result, where the text is a `probe_post` with nothing special or wrong about it."""
        if not text.startswith(_POST) or AGENT not in self._namespaces:
            return None
        try:
            return _readable(_post.decode(text[len(_POST) :]))
        except (msgspec.MsgspecError, RecursionError):
            return None

    def text_of(self, message: bytes) -> str:
        """What a binary message says, for `received`, which refuses what cannot be opened."""
        if FOREPOST in self._namespaces and is_packed(message):
            try:
                message = opened(message)
            except neffos.Malformed as error:
                return neffos.encode(Frame(FOREPOST, REPORT_Z, str(error)))
        return message.decode(errors="replace")

    def received(self, text: str) -> Iterator[Step]:
        if not self._greeted:
            yield from self._greet(text)
            return
        try:
            frame = neffos.decode(text)
        except neffos.Malformed as error:
            yield Say(refusal(Frame(AGENT, ""), f"malformed message: {error}"))
            return
        if frame.event == neffos.CONNECT:
            yield from self._connect(frame)
        elif frame.event == neffos.DISCONNECT:
            self._namespaces.discard(frame.namespace)
            yield Say(neffos.empty_reply(frame.wait))
        elif not frame.event and not frame.namespace:
            return  # the answer to something we asked
        elif frame.namespace not in self._namespaces:
            yield Say(refusal(frame, "namespace not connected"))
        else:
            try:
                yield from self._event(frame)
            except msgspec.ValidationError as error:
                yield Say(refusal(frame, complaint(error)))
            except msgspec.DecodeError as error:
                yield Say(refusal(frame, f"body: not JSON: {error}"))
            except RecursionError:
                yield Say(refusal(frame, f"body: {TOO_DEEP}"))

    def _greet(self, text: str) -> Iterator[Step]:
        if text != neffos.HELLO:
            yield Say(neffos.REFUSED + "the first message is M")
            yield HangUp()
            return
        self._greeted = True
        yield Say(self._greeting)
        if self._greeting.startswith(neffos.REFUSED):
            yield HangUp()

    def _connect(self, frame: Frame) -> Iterator[Step]:
        if frame.namespace not in (AGENT, FOREPOST):
            yield Say(refusal(frame, "bad namespace"))
            return
        self._namespaces.add(frame.namespace)
        yield Say(neffos.empty_reply(frame.wait))

    def _event(self, frame: Frame) -> Iterator[Step]:
        known = self._as_netwatcher if frame.namespace == AGENT else self._as_forepost
        yield from known(frame)

    def _as_netwatcher(self, frame: Frame) -> Iterator[Step]:
        match frame.event:
            case "probe_post":
                yield Posted(_readable(_post.decode(frame.body)), frame)
            case "probe_get":
                yield GiveProbes(AGENT)
            case "ping":
                yield Say(neffos.encode(Frame(AGENT, "pong", OK)))
            case "version":
                yield VersionIs(_version.decode(frame.body).version)
                yield Say(neffos.encode(Frame(AGENT, "version", "ok")))
            case "speedtest_queue_get":
                yield GiveSpeedtests()
            case "speedtest_servers":
                yield ServersAre(_servers.decode(frame.body))
                yield Say(neffos.encode(Frame(AGENT, "speedtest_servers_ok", OK)))
            case "speedtest_result":
                yield SpeedtestEnded(_speedtest.decode(frame.body), frame)
            case _:
                yield Say(refusal(frame, f"unknown event {frame.event!r}"))

    def _as_forepost(self, frame: Frame) -> Iterator[Step]:
        match frame.event:
            case "hello":
                yield from self._met(_hello.decode(frame.body))
            case "report":
                yield self._report(frame.body)
            case "report_z":  # `text_of` could not open it
                yield Say(refusal(frame, frame.body))
            case "have":
                have = _have.decode(frame.body)
                yield RunsList(have.revision, have.unsupported)
            case "have_groups":
                yield HasGroups(_have_groups.decode(frame.body))
            case "piece_ok":
                yield PieceTaken()
            case _:
                yield from self._of_its_host(frame)

    def _of_its_host(self, frame: Frame) -> Iterator[Step]:
        match frame.event:
            case "clock":
                yield TimeAsked(_time_ask.decode(frame.body).number)
            case "clock_is":
                yield ClockIs(_reading.decode(frame.body))
            case "spool_is":
                yield SpoolIs(_spool.decode(frame.body))
            case "speedtest_progress":
                yield SpeedtestMoves(_progress.decode(frame.body))
            case _:
                yield Say(refusal(frame, f"unknown event {frame.event!r}"))

    def _met(self, hello: Hello) -> Iterator[Step]:
        self.packs = DEFLATE in hello.capabilities
        yield VersionIs(hello.version)
        yield Able(frozenset(hello.capabilities), hello.boot)
        if SPEEDTEST in hello.capabilities:
            yield AnswersSpeedtests(hello.speedtest_port)
        mine = Hello(version=self._version, capabilities=[*CAPABILITIES, GROUPS, DEFLATE, SPOOL])
        yield Say(neffos.encode(Frame(FOREPOST, "hello", msgspec.json.encode(mine).decode())))
        if self._move_to and MOVE in hello.capabilities:
            move = msgspec.json.encode(Move(url=self._move_to)).decode()
            yield Say(neffos.encode(Frame(FOREPOST, "move", move)))
        yield GiveProbes(FOREPOST)

    def _report(self, body: str) -> Reported:
        try:
            whole = _whole_report.decode(body)
            posts = [(result.seq, _readable(result.post)) for result in whole.results]
        except msgspec.ValidationError:
            return self._report_in_parts(_report.decode(body))
        return Reported(whole.boot, posts[-1][0] if posts else 0, posts, [])

    def _report_in_parts(self, report: Report) -> Reported:
        """One result that is wrong costs none of the others."""
        posts: list[tuple[int, ProbePost]] = []
        refused: list[Refused] = []
        for result in report.results:
            try:
                posts.append((result.seq, _readable(_measured.decode(result.post))))
            except msgspec.ValidationError as error:
                refused.append(Refused(seq=result.seq, reason=complaint(error)))
        last = report.results[-1].seq if report.results else 0
        return Reported(report.boot, last, posts, refused)
