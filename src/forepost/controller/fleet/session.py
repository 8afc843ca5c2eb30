"""The conversation with one agent, from the controller's side. No I/O: texts in, steps out."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from forepost.controller.fleet.steps import (
    ClockIs,
    HangUp,
    Has,
    ListAsked,
    Met,
    PieceTaken,
    Posted,
    Reported,
    Say,
    SpoolIs,
    Step,
    TalkEvent,
    TimeAsked,
    VersionIs,
)
from forepost.wire.base import complaint
from forepost.wire.depth import is_deep, most_values
from forepost.wire.jobs.delivery import JOBS
from forepost.wire.local.status import SpoolStatus
from forepost.wire.uplink import documents, neffos
from forepost.wire.uplink.clock import ClockReading, TimeAsk, TimeIs
from forepost.wire.uplink.documents import DOCUMENTS, HaveDocument
from forepost.wire.uplink.groups import HaveGroups
from forepost.wire.uplink.messages import (
    AGENT,
    CAPABILITIES,
    FOREPOST,
    MOVE,
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
from forepost.wire.workloads.delivery import WORKLOADS

MINE: Final = [*CAPABILITIES, documents.GROUPS, DEFLATE, SPOOL, DOCUMENTS, WORKLOADS, JOBS]
"""What this controller can do."""
OK: Final = msgspec.json.encode(Ok()).decode()

_POST: Final = neffos.encode(Frame(AGENT, "probe_post"))

_report = msgspec.json.Decoder(Report)
_whole_report = msgspec.json.Decoder(WholeReport)
UNREADABLE: Final = (msgspec.ValidationError, msgspec.DecodeError, RecursionError)
"""What decoding a body raises."""
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
_have_document = msgspec.json.Decoder(HaveDocument)
_version = msgspec.json.Decoder(Version)

POSTED_OK: Final = neffos.encode(Frame(AGENT, "probe_post_ok", OK))
"""The answer to a result that is kept."""


def refusal(frame: Frame, reason: str) -> str:
    """What came, sent back as an error with the reason as its body."""
    return neffos.encode(msgspec.structs.replace(frame, is_error=True, body=reason))


def why_unreadable(error: Exception) -> str:
    """What is wrong with a body, in words for who sent it. `error`: one of UNREADABLE."""
    match error:
        case msgspec.ValidationError():
            return complaint(error)
        case msgspec.DecodeError():
            return f"body: not JSON: {error}"
        case _:
            return f"body: {TOO_DEEP}"


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


def time_is(number: int, received: datetime, now: datetime) -> str:
    """The answer to TimeAsked."""
    answer = TimeIs(number=number, received_ns=_unix_ns(received), sent_ns=_unix_ns(now))
    return neffos.encode(Frame(FOREPOST, "clock", msgspec.json.encode(answer).decode()))


def _unix_ns(time: datetime) -> int:
    return (time - _EPOCH) // _MICROSECOND * 1_000


class Session:
    """`greeting`: what answers the agent's first word, `A<id>` or `H<reason>`."""

    def __init__(
        self,
        greeting: str,
        version: str,
        move_to: str = "",
        events: AbstractSet[tuple[str, str]] = frozenset(),
        also: Sequence[str] = (),
    ) -> None:
        """`move_to`: the address that agents are told to use from now on. `events`: of talks,
        namespace and name. `also`: what this controller can do beside `MINE`.
        """
        self._events, self._also = events, also
        self._greeting, self._version, self._move_to = greeting, version, move_to
        self._greeted = self._is_met = False
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
            except UNREADABLE as error:
                yield Say(refusal(frame, why_unreadable(error)))

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
        if (frame.namespace, frame.event) in self._events:
            yield TalkEvent(frame)
        elif frame.namespace == AGENT:
            yield from self._as_netwatcher(frame)
        else:
            yield from self._as_forepost(frame)

    def _as_netwatcher(self, frame: Frame) -> Iterator[Step]:
        match frame.event:
            case "probe_post":
                yield Posted(_readable(_post.decode(frame.body)), frame)
            case "probe_get":
                yield ListAsked()
            case "ping":
                yield Say(neffos.encode(Frame(AGENT, "pong", OK)))
            case "version":
                yield VersionIs(_version.decode(frame.body).version)
                yield Say(neffos.encode(Frame(AGENT, "version", "ok")))
            case _:
                yield Say(refusal(frame, f"unknown event {frame.event!r}"))

    def _as_forepost(self, frame: Frame) -> Iterator[Step]:
        match frame.event:
            case "hello" if self._is_met:
                yield Say(refusal(frame, "a second hello in one conversation"))
            case "hello":
                yield from self._met(_hello.decode(frame.body))
            case "report":
                yield self._report(frame.body)
            case "report_z":  # `text_of` could not open it
                yield Say(refusal(frame, frame.body))
            case "piece_ok":
                yield PieceTaken()
            case "clock":
                yield TimeAsked(_time_ask.decode(frame.body).number)
            case "clock_is":
                yield ClockIs(_reading.decode(frame.body))
            case "spool_is":
                yield SpoolIs(_spool.decode(frame.body))
            case _:
                yield from self._as_wanted(frame)

    def _as_wanted(self, frame: Frame) -> Iterator[Step]:
        """Which documents the agent has; an older one says so of two of them, in its own words."""
        match frame.event:
            case documents.HAVE:
                yield Has(_have_document.decode(frame.body))
            case "have":
                have = _have.decode(frame.body)
                yield _has(documents.PROBES, have.revision, have.unsupported)
            case "have_groups":
                groups = _have_groups.decode(frame.body)
                yield _has(documents.GROUPS, groups.revision, groups.problems)
            case _:
                yield Say(refusal(frame, f"unknown event {frame.event!r}"))

    def _met(self, hello: Hello) -> Iterator[Step]:
        self._is_met = True
        yield Met(hello)
        mine = Hello(version=self._version, capabilities=[*MINE, *self._also])
        yield Say(neffos.encode(Frame(FOREPOST, "hello", msgspec.json.encode(mine).decode())))
        # An agent that was not greeted yet opens nothing that is packed.
        self.packs = DEFLATE in hello.capabilities
        if self._move_to and MOVE in hello.capabilities:
            move = msgspec.json.encode(Move(url=self._move_to)).decode()
            yield Say(neffos.encode(Frame(FOREPOST, "move", move)))

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


def _has(document: str, revision: str, problems: list[str]) -> Has:
    return Has(HaveDocument(document=document, revision=revision, problems=problems))
