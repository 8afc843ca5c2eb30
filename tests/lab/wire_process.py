"""The process that is the wire: `python -m tests.lab.wire_process CONTROL LEFT RIGHT [LEFT RIGHT]…`

The arguments are descriptors. CONTROL is a socket of packets, JSON each: a list of plans (one for
each pair of devices; frames from then on), answered by "ok"; or the word "record", answered by the
length of a JSON list of records and then by that.
"""

import contextlib
import ctypes
import gc
import heapq
import os
import select
import socket
import sys
import time
from typing import Final

import msgspec

from tests.lab.wire_plan import Course, Direction, Plan, courses
from tests.lab.wire_record import Passage, Record

SPIN_NS: Final = 150_000
"""The last bit before a frame is due is not slept: waking takes about so long."""
MOST_AT_ONCE: Final = 32
LARGEST: Final = 9_100
PACKET: Final = 100_000
IDLE_SEC: Final = 3_600.0
PR_SET_TIMERSLACK: Final = 29


class Cable:
    """Two devices, and what has passed between them."""

    def __init__(self, left: int, right: int) -> None:
        self.record = Record([])
        self.out: dict[Direction, int] = {"forth": right, "back": left}
        self._counts: dict[Direction, int] = {"forth": 0, "back": 0}
        self.follow(Plan())

    def follow(self, plan: Plan) -> None:
        self._courses: dict[Direction, Course] = courses(plan)
        self._keep = 14 + plan.keep_bytes

    def take(self, direction: Direction, frame: bytes, now_ns: int) -> Passage | None:
        """Decide; None for what passes at once and is not counted."""
        course = self._courses[direction]
        if not course.takes(frame):
            self.let_out(direction, frame)
            return None
        fate = course.fate(len(frame), now_ns)
        self._counts[direction] += 1
        one = Passage(
            number=self._counts[direction],
            direction=direction,
            size=len(frame),
            verdict=fate.verdict,
            in_ns=now_ns,
            due_ns=fate.due_ns,
            head=frame[: self._keep],
        )
        self.record.passages.append(one)
        return one

    def let_out(self, direction: Direction, frame: bytes) -> None:
        # A device that is down takes nothing, as a plug that is not in.
        with contextlib.suppress(OSError):
            os.write(self.out[direction], frame)


class Wires:
    def __init__(self, control: socket.socket, cables: list[Cable]) -> None:
        self._control, self._cables = control, cables
        self._held: list[tuple[int, int, Cable, Passage, bytes]] = []
        self._order = 0
        self._ends: dict[int, tuple[Cable, Direction]] = {}
        for cable in cables:
            self._ends[cable.out["back"]] = cable, "forth"
            self._ends[cable.out["forth"]] = cable, "back"

    def run(self) -> None:
        """Until the other end of the control socket is closed."""
        files = [self._control.fileno(), *self._ends]
        while True:
            next_ns = self._held[0][0] if self._held else None
            wait_sec = IDLE_SEC
            if next_ns is not None:
                wait_sec = max(0, next_ns - time.monotonic_ns() - SPIN_NS) / 1e9
            ready, _, _ = select.select(files, [], [], wait_sec)
            for file in ready:
                if file == self._control.fileno():
                    if not self._told():
                        return
                else:
                    self._read(file)
            self._let_out()

    def _read(self, file: int) -> None:
        cable, direction = self._ends[file]
        for _ in range(MOST_AT_ONCE):
            try:
                frame = os.read(file, LARGEST)
            except OSError:  # empty, or a device that is down
                return
            one = cable.take(direction, frame, time.monotonic_ns())
            for due_ns in one.due_ns if one else ():
                assert one
                self._order += 1
                heapq.heappush(self._held, (due_ns, self._order, cable, one, frame))
            self._let_out(0)

    def _let_out(self, spin_ns: int = SPIN_NS) -> None:
        held = self._held
        while held and held[0][0] <= (now_ns := time.monotonic_ns()) + spin_ns:
            due_ns, _, cable, one, frame = held[0]
            if due_ns > now_ns:
                continue
            heapq.heappop(held)
            out_ns = time.monotonic_ns()
            cable.let_out(one.direction, frame)
            one.out_ns.append(out_ns)

    def _told(self) -> bool:
        said = self._control.recv(PACKET)
        if not said:
            return False
        if said == b"record":
            answer = msgspec.json.encode([cable.record for cable in self._cables])
            self._control.send(str(len(answer)).encode())
            for at in range(0, len(answer), PACKET):
                self._control.setblocking(True)
                self._control.send(answer[at : at + PACKET])
        else:
            plans = msgspec.json.decode(said, type=list[Plan])
            for cable, plan in zip(self._cables, plans, strict=True):
                cable.follow(plan)
            self._control.send(b"ok")
        return True


def _be_punctual() -> None:
    gc.disable()
    ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


def main(arguments: list[str]) -> None:
    control, *files = map(int, arguments)
    cables = [Cable(*files[at : at + 2]) for at in range(0, len(files), 2)]
    with socket.socket(fileno=control) as opened:
        _be_punctual()
        Wires(opened, cables).run()


if __name__ == "__main__":
    main(sys.argv[1:])
