"""Control sockets: which microservice is to be told of what, and which of them knows. Pure.

Times come in, steps go out. What a microservice was told, and has acknowledged, is remembered by a
digest of it: so it is told again after a reconnect only where it does not know.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

PING: Final = b"\x09"
PONG: Final = b"\x0a"
ACKNOWLEDGEMENT: Final = b"\x0b"
NEW_CONFIG: Final = b"\x0c"
NEW_RESOURCES: Final = b"\x0f"
SUBJECTS: Final = (NEW_CONFIG, NEW_RESOURCES)
AGAIN_SEC: Final = 20.0
MOST_TRIES: Final = 10
PING_SEC: Final = 20.0
"""Of silence, before a ping."""
DEAD_SEC: Final = 50.0
"""Of silence, after which the other side is gone."""
MOST_UNANSWERED: Final = 2 * MOST_TRIES
MOST_REMEMBERED: Final = 4_096
"""Microservices; who acknowledged longest ago is told again."""
NEWER: Final = 4_000
"""Codes of a close: another socket of the same microservice; it does not acknowledge; silence."""
NOT_ACKNOWLEDGED: Final = 4_001
SILENT: Final = 4_002


class SendSignal(msgspec.Struct, frozen=True):
    socket: int
    code: bytes


class SendPing(msgspec.Struct, frozen=True):
    socket: int


class EndSocket(msgspec.Struct, frozen=True):
    socket: int
    code: int
    reason: str


ControlStep = SendSignal | SendPing | EndSocket
Digests = Mapping[bytes, str]
"""Subject to digest of what there is; "": nothing."""


class _Line:
    def __init__(self, uuid: str, now: float) -> None:
        self.uuid = uuid
        self.heard_at = self.pinged_at = now
        self.unanswered: deque[tuple[bytes, int]] = deque(maxlen=MOST_UNANSWERED)
        """Subject and change that each signal was about, in the order in which they were sent: so
        they are acknowledged, one by one."""
        self.again_at: dict[bytes, float] = {}
        self.tries: dict[bytes, int] = {}


class ControlSockets:
    """One live socket for each microservice, named by a number of whoever holds it."""

    def __init__(self, acknowledged: Mapping[str, Mapping[str, str]] | None = None) -> None:
        """`acknowledged`: as `remembered` gave it."""
        self._lines: dict[int, _Line] = {}
        self._of: dict[str, int] = {}
        self._there: dict[tuple[str, bytes], str] = {}
        self._change: dict[tuple[str, bytes], int] = {}
        self._known: dict[tuple[str, bytes], str] = {
            (uuid, bytes.fromhex(code)): digest
            for uuid, digests in (acknowledged or {}).items()
            for code, digest in digests.items()
        }

    def __len__(self) -> int:
        return len(self._lines)

    @property
    def remembered(self) -> dict[str, dict[str, str]]:
        """What was acknowledged, to be kept: microservice to subject (in hex) to digest."""
        found: dict[str, dict[str, str]] = {}
        for (uuid, code), digest in self._known.items():
            found.setdefault(uuid, {})[code.hex()] = digest
        return found

    def microservices(self) -> set[str]:
        """Those of which changes are to be told: by `changed`."""
        return {*self._of, *(uuid for uuid, _ in self._known)}

    def opened(self, socket: int, uuid: str, there: Digests, now: float) -> list[ControlStep]:
        """Take a new socket; it is told what changed while nobody listened."""
        steps: list[ControlStep] = []
        before = self._of.pop(uuid, None)
        if before is not None:
            del self._lines[before]
            steps.append(EndSocket(before, NEWER, "a newer socket of this microservice"))
        self._lines[socket] = _Line(uuid, now)
        self._of[uuid] = socket
        self._note(uuid, there)
        return steps + [
            self._signal(socket, code, now) for code in SUBJECTS if self._owes(uuid, code)
        ]

    def closed(self, socket: int) -> None:
        """Forget a socket; one that was ended by a step is forgotten already."""
        line = self._lines.pop(socket, None)
        if line is not None:
            del self._of[line.uuid]
            for code in SUBJECTS:
                if (line.uuid, code) not in self._known:
                    self._there.pop((line.uuid, code), None)
                    self._change.pop((line.uuid, code), None)

    def changed(self, uuid: str, there: Digests, now: float) -> list[ControlStep]:
        """Compare with what there was before; what is not told yet is told, where somebody
        listens.
        """
        owed = {code for code in SUBJECTS if self._owes(uuid, code)}
        self._note(uuid, there)
        socket = self._of.get(uuid)
        if socket is None:
            return []
        return [
            self._signal(socket, code, now)
            for code in SUBJECTS
            if code not in owed and self._owes(uuid, code)
        ]

    def heard(self, socket: int, now: float) -> None:
        """Something came: the other side lives."""
        if (line := self._lines.get(socket)) is not None:
            line.heard_at = now

    def acknowledge(self, socket: int, now: float) -> list[ControlStep]:
        """Take an acknowledgement: of the signal that waits longest for one. Where it was about
        something that has changed since, the signal is sent again.
        """
        line = self._lines.get(socket)
        if line is None:
            return []
        line.heard_at = now
        if not line.unanswered:
            return []
        code, change = line.unanswered.popleft()
        line.tries[code] = 0
        key = (line.uuid, code)
        if change == self._change[key] and self._there[key]:
            self._known.pop(key, None)
            self._known[key] = self._there[key]
            self._bound()
            return []
        waits = any(sent == code for sent, _ in line.unanswered)
        if waits or not self._owes(line.uuid, code):
            return []
        return [self._signal(socket, code, now)]

    def turn(self, now: float) -> list[ControlStep]:
        """What time brings: signals again, pings, and the end of those that are gone."""
        return [step for socket in list(self._lines) for step in self._turn(socket, now)]

    def _turn(self, socket: int, now: float) -> Iterator[ControlStep]:
        line = self._lines[socket]
        if now - line.heard_at >= DEAD_SEC:
            yield self._end(socket, SILENT, "nothing was heard")
            return
        for code in SUBJECTS:
            if not self._owes(line.uuid, code) or now < line.again_at.get(code, now):
                continue
            if line.tries.get(code, 0) >= MOST_TRIES:
                yield self._end(socket, NOT_ACKNOWLEDGED, f"op code {code[0]}: not acknowledged")
                return
            yield self._signal(socket, code, now)
        if now - max(line.heard_at, line.pinged_at) >= PING_SEC:
            line.pinged_at = now
            yield SendPing(socket)

    def _note(self, uuid: str, there: Digests) -> None:
        for code in SUBJECTS:
            key, digest = (uuid, code), there.get(code, "")
            if self._there.get(key) != digest:
                self._there[key] = digest
                self._change[key] = self._change.get(key, 0) + 1
                if digest and self._known.get(key) != digest:
                    self._known.pop(key, None)  # also where it comes back to what it was

    def _owes(self, uuid: str, code: bytes) -> bool:
        there = self._there.get((uuid, code), "")
        return bool(there) and self._known.get((uuid, code)) != there

    def _signal(self, socket: int, code: bytes, now: float) -> SendSignal:
        line = self._lines[socket]
        line.unanswered.append((code, self._change[line.uuid, code]))
        line.again_at[code] = now + AGAIN_SEC
        line.tries[code] = line.tries.get(code, 0) + 1
        return SendSignal(socket, code)

    def _end(self, socket: int, code: int, reason: str) -> EndSocket:
        self.closed(socket)
        return EndSocket(socket, code, reason)

    def _bound(self) -> None:
        while len(self._known) > len(SUBJECTS) * MOST_REMEMBERED:
            uuid, code = next(iter(self._known))
            del self._known[uuid, code]
