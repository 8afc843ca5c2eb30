"""The conversation with a controller, from the agent's side. No I/O: texts in, steps out.

With our own controller both namespaces are connected and results go in batches; with any other that
speaks NetWatcher's protocol, only `agent`, one result at a time.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from forepost.agent.uplink.record import Record
from forepost.wire import neffos
from forepost.wire.neffos import Frame
from forepost.wire.uplink import (
    AGENT,
    CAPABILITIES,
    FOREPOST,
    REPORT,
    Have,
    Hello,
    Refused,
    Report,
    ReportOk,
    Result,
    Version,
    Want,
)

GONE: Final = "agent_deleted:"
"""How a refusal begins that is for good."""


class Say(msgspec.Struct, frozen=True):
    text: str


class Ready(msgspec.Struct, frozen=True):
    """Results may be sent now, `batch` at a time."""

    batched: bool


class ProbesAre(msgspec.Struct, frozen=True):
    """The whole list that is wanted; `revision` "" where the controller gives none."""

    revision: str
    probes: list[msgspec.Raw]


class Acked(msgspec.Struct, frozen=True):
    """What was sent last is kept, except for what is refused for good."""

    refused: list[Refused]


class TurnedAway(msgspec.Struct, frozen=True):
    """Not now; the text is the controller's."""

    reason: str


class Deactivated(msgspec.Struct, frozen=True):
    """The controller has removed this agent."""

    reason: str


Step = Say | Ready | ProbesAre | Acked | TurnedAway | Deactivated


class _Reason(msgspec.Struct):
    reason: str = ""


_want = msgspec.json.Decoder(Want)
_report_ok = msgspec.json.Decoder(ReportOk)
_hello = msgspec.json.Decoder(Hello)
_list = msgspec.json.Decoder(list[msgspec.Raw] | None)
_reason = msgspec.json.Decoder(_Reason)


class Session:
    """`token`: digits that tell our questions apart, Unix ns in NetWatcher's agent."""

    def __init__(self, version: str, token: int, lost: int) -> None:
        self._version, self._lost = version, lost
        self._agent_token, self._own_token = f"${token}", f"${token + 1}"
        self._accepted = False
        self._sent: tuple[int, int] | None = None

    def start(self) -> str:
        return neffos.HELLO

    def received(self, text: str) -> Iterator[Step]:
        """Raises neffos.Malformed and msgspec.MsgspecError for what no controller says."""
        if not self._accepted:
            yield from self._greeted(text)
            return
        frame = neffos.decode(text)
        if frame.wait == self._agent_token:
            yield from self._agent_connected(frame)
        elif frame.wait == self._own_token:
            yield from self._own_connected(frame)
        elif frame.namespace == FOREPOST and not frame.is_error:
            yield from self._own_event(frame)
        elif frame.event == neffos.DISCONNECT:
            yield Say(neffos.empty_reply(frame.wait))
            yield TurnedAway("the controller ended the conversation")
        else:
            yield from self._agent_event(frame)

    def report(self, boot: int, records: Sequence[Record]) -> str:
        """Results of one boot, to be answered by Acked."""
        self._sent = boot, records[-1].seq
        results = [Result(seq=record.seq, post=msgspec.Raw(record.data)) for record in records]
        return _frame(FOREPOST, "report", Report(boot=boot, results=results))

    def post(self, record: Record) -> str:
        """One result, to be answered by Acked."""
        self._sent = 0, record.seq
        return neffos.encode(Frame(AGENT, "probe_post", record.data.decode()))

    def have(self, revision: str, unsupported: list[str]) -> str:
        return _frame(FOREPOST, "have", Have(revision=revision, unsupported=unsupported))

    def ping(self, now: str) -> str:
        return neffos.encode(Frame(AGENT, "ping", msgspec.json.encode({"ts": now}).decode()))

    def _greeted(self, text: str) -> Iterator[Step]:
        if text.startswith(neffos.ACCEPTED):
            self._accepted = True
            yield Say(neffos.encode(Frame(AGENT, neffos.CONNECT, wait=self._agent_token)))
            return
        reason = text.removeprefix(neffos.REFUSED)
        yield Deactivated(reason) if reason.startswith(GONE) else TurnedAway(reason)

    def _agent_connected(self, frame: Frame) -> Iterator[Step]:
        if frame.is_error:
            yield TurnedAway(frame.body)
            return
        yield Say(_frame(AGENT, "version", Version(version=self._version)))
        yield Say(neffos.encode(Frame(FOREPOST, neffos.CONNECT, wait=self._own_token)))

    def _own_connected(self, frame: Frame) -> Iterator[Step]:
        if frame.is_error:
            yield Say(neffos.encode(Frame(AGENT, "probe_get", "hello")))
            yield Ready(batched=False)
            return
        hello = Hello(version=self._version, capabilities=list(CAPABILITIES), lost=self._lost)
        yield Say(_frame(FOREPOST, "hello", hello))

    def _own_event(self, frame: Frame) -> Iterator[Step]:
        match frame.event:
            case "hello":
                yield Ready(batched=REPORT in _hello.decode(frame.body).capabilities)
            case "want":
                want = _want.decode(frame.body)
                yield ProbesAre(want.revision, want.probes)
            case "report_ok":
                ok = _report_ok.decode(frame.body)
                if self._sent == (ok.boot, ok.seq):
                    self._sent = None
                    yield Acked(ok.refused)
            case _:
                pass  # of a newer controller; it was not among the capabilities we named

    def _agent_event(self, frame: Frame) -> Iterator[Step]:
        match frame.event:
            case "probe_get" if not frame.is_error:
                probes = _list.decode(frame.body)
                if probes:  # NetWatcher sends nothing where it failed; a list is never empty
                    yield ProbesAre("", probes)
            case "probe_post_ok" if self._sent:
                self._sent = None
                yield Acked([])
            case "probe_post" if frame.is_error and self._sent:
                refused = [Refused(seq=self._sent[1], reason=frame.body)]
                self._sent = None
                yield Acked(refused)
            case "deactivate":
                yield Deactivated(_reason.decode(frame.body).reason)
            case _:
                pass  # pong, version, speedtest_servers_ok: nothing follows from them


def _frame(namespace: str, event: str, body: msgspec.Struct) -> str:
    return neffos.encode(Frame(namespace, event, msgspec.json.encode(body).decode()))
