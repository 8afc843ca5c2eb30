"""A wire between two namespaces that does to packets what a plan says, and records what it did.

    with wired(Plan(forth=Way(loss=0.1), back=Way(delay_ms=5))) as (near, far, wire):
        ...                                # 198.18.0.1 and 2001:db8::1; .2 and ::2
    wire.record()                          # also inside the `with`

Two TAP devices, and a process of its own that moves frames between them (`wire_process`): this
kernel needs no netem. Compare with the record, never with the plan.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from forepost.agent.edges.closable import Closable
from tests.lab.net import FAR, MACS, NEAR, Namespace, namespace
from tests.lab.tap import open_tap
from tests.lab.wire_plan import Plan
from tests.lab.wire_process import PACKET
from tests.lab.wire_record import Record

ROOT: Final = Path(__file__).parents[2]
PATIENCE_SEC: Final = 10.0


class Ends(msgspec.Struct, frozen=True):
    """Where one wire goes in: namespace, device and MAC address of its left and its right end."""

    left: tuple[Namespace, str, str]
    right: tuple[Namespace, str, str]
    plan: Plan = Plan()


class Bundle(Closable):
    """Several wires in one process. The devices are made at once, down and without addresses."""

    def __init__(self, wires: Sequence[Ends]) -> None:
        self._files: list[int] = []
        self._plans = [one.plan for one in wires]
        self._devices = [end for one in wires for end in (one.left, one.right)]
        self._records: list[Record] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        if not wires:
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
        ours.settimeout(PATIENCE_SEC)
        try:
            for one in wires:
                for where, device, mac in (one.left, one.right):
                    self._files.append(open_tap(where, device, mac, one.plan.mtu))
            passed = [theirs.fileno(), *self._files]
            command = [sys.executable, "-m", "tests.lab.wire_process", *map(str, passed)]
            self._process = subprocess.Popen(command, cwd=ROOT, pass_fds=passed)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
            for file in self._files:
                os.close(file)
        self.follow(self._plans)

    def follow(self, plans: Sequence[Plan]) -> None:
        """From now on, begun anew: chance, every-n-th and numbers count from here."""
        self._control.send(msgspec.json.encode(list(plans)))
        assert self._control.recv(PACKET) == b"ok", "the wire's process ended"

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    def records(self) -> list[Record]:
        """All that was done until now, one for each wire."""
        if self._records is not None or self._process is None:
            return self._records or []
        self._control.send(b"record")
        left = int(self._control.recv(PACKET))
        answer = b""
        while len(answer) < left:
            answer += self._control.recv(PACKET)
        records = msgspec.json.decode(answer, type=list[Record])
        for record, at in zip(records, range(0, len(self._devices), 2), strict=True):
            record.overruns = sum(_dropped(*end[:2]) for end in self._devices[at : at + 2])
        return records

    def close(self) -> None:
        if self._process is None:
            return
        try:
            self._records = self.records()
        finally:
            self._control.close()
            self._process.wait(PATIENCE_SEC)


class Wire(Closable):
    """One wire between two namespaces; its ends are called `cable` and have addresses."""

    def __init__(
        self,
        left: Namespace,
        right: Namespace,
        plan: Plan = Plan(),  # noqa: B008 - a frozen value
        *,
        near: tuple[str, ...] = NEAR,
        far: tuple[str, ...] = FAR,
    ) -> None:
        self._bundle = Bundle([Ends((left, "cable", MACS[0]), (right, "cable", MACS[1]), plan)])
        for side, own, others, mac in ((left, near, far, MACS[1]), (right, far, near, MACS[0])):
            for address in own:
                side.ip(f"addr add {address} dev cable{' nodad' if ':' in address else ''}")
            side.ip("link set cable up")
            for address in others:
                bare = address.split("/")[0]
                side.ip(f"neigh replace {bare} lladdr {mac} dev cable nud permanent")

    @property
    def pid(self) -> int:
        """Of the process, to stop it for a while."""
        return self._bundle.pid

    def follow(self, plan: Plan) -> None:
        self._bundle.follow([plan])

    def record(self) -> Record:
        return self._bundle.records()[0]

    def close(self) -> None:
        self._bundle.close()


@contextmanager
def wired(plan: Plan = Plan()) -> Iterator[tuple[Namespace, Namespace, Wire]]:  # noqa: B008
    """Two namespaces and a wire, as `tests.lab.net.pair` has them with a cable."""
    with ExitStack() as stack:
        one, two = (stack.enter_context(namespace()) for _ in range(2))
        yield one, two, stack.enter_context(Wire(one, two, plan))


def _dropped(where: Namespace, device: str) -> int:
    said = where.run("ip", "-s", "-j", "link", "show", "dev", device)
    found = msgspec.json.decode(said, type=list[dict[str, Any]])
    return int(found[0]["stats64"]["tx"]["dropped"])
