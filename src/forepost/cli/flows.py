"""`forepost flows`: what traffic the agent of this host sees now."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import anyio
import msgspec
from cyclopts import App, Parameter, validators

from forepost.cli.agent_socket import NO_AGENT, CommandRefused, Json, NoAgent, Socket, ask, found
from forepost.cli.flow_table import flow_table
from forepost.cli.live import live_table
from forepost.cli.measure import complain
from forepost.cli.width import wide
from forepost.kit.clock import Clock, SystemClock
from forepost.wire.flows.socket import AgentStatus, FlowList, FlowView

SHOWN: Final = 0
REFUSED: Final = 1
LOOKED_AT: Final = 1_000
"""Flows among which `top` looks for the fastest."""

flows = App(name="flows", help="Show what traffic the agent of this host sees.")

Limit = Annotated[
    int,
    Parameter(
        name=["--limit", "-n"],
        validator=validators.Number(gte=1, lte=10_000),
        help="How many flows to show.",
    ),
]
Offset = Annotated[
    int,
    Parameter(
        validator=validators.Number(gte=0), help="How many of the largest to leave out, to page on."
    ),
]
_Key = tuple[str, str, str, int, str, int, int, int]


@flows.command(name="list")
def list_(
    *, socket: Socket = None, limit: Limit = 100, offset: Offset = 0, json: Json = False
) -> int:
    """List the flows with the most traffic now.

    Exits with 0, with 1 where the agent refuses, and with 3 where none answers.

    """
    try:
        answer = anyio.run(_list, found(socket), limit, offset)
    except (NoAgent, CommandRefused) as error:
        return _failed(error)
    if json:
        for flow in answer.flows:
            print(msgspec.json.encode(flow).decode())
    else:
        with live_table() as live:
            wide(live.console)
            live.update(flow_table(answer.flows, rates=True), refresh=True)
    if answer.left_out:
        after = answer.offset + len(answer.flows)
        complain(f"{answer.left_out} more flows have less traffic (--limit, --offset {after})")
    return SHOWN


@flows.command
def top(
    *,
    socket: Socket = None,
    interval: Annotated[
        float,
        Parameter(
            name=["--interval", "-i"],
            validator=validators.Number(gte=1),
            help="Seconds from one reading of the counters to the next.",
        ),
    ] = 1.0,
    count: Annotated[
        int,
        Parameter(
            name=["--count", "-c"],
            validator=validators.Number(gte=0),
            help="How many readings; 0: without end.",
        ),
    ] = 0,
    limit: Limit = 20,
) -> int:
    """Show the fastest flows again and again, until Ctrl-C.

    Exits with 0, with 1 where the agent refuses, and with 3 where none answers.
    """
    try:
        path = found(socket)
        anyio.run(_watch, path, interval, count, limit)
    except (NoAgent, CommandRefused) as error:
        return _failed(error)
    except KeyboardInterrupt:
        return SHOWN
    return SHOWN


def _failed(error: NoAgent | CommandRefused) -> int:
    complain(str(error))
    return NO_AGENT if isinstance(error, NoAgent) else REFUSED


async def _list(path: Path, limit: int, offset: int = 0) -> FlowList:
    return await ask(path, FlowList, command="list-flows", limit=limit, offset=offset)


async def _watch(path: Path, interval: float, count: int, limit: int) -> None:
    clock = SystemClock()
    speeds = Speeds(clock)
    with live_table() as live:
        wide(live.console)
        shown = 0
        while not count or shown < count:
            began_sec = clock.monotonic()
            status = await ask(path, AgentStatus, command="status")
            answer = await _list(path, max(limit, LOOKED_AT))
            fastest = speeds.of(answer.flows)[:limit]
            table = flow_table(fastest, rates=True, title=headline(status, answer.total))
            live.update(table, refresh=True)
            shown += 1
            if shown != count:
                await clock.sleep(max(0.0, began_sec + interval - clock.monotonic()))


def headline(status: AgentStatus, flows: int) -> str:
    """What there is, and what is not seen of it."""
    backends = [f"{one.interface} {one.backend or one.reason}" for one in status.interfaces]
    told = [f"{flows} flows", ", ".join(backends) or "no interface is metered"]
    for count, of in (
        (status.inspection_missed, "not inspected"),
        (status.flow_dropped, "in no flow"),
        (status.capture_dropped, "not counted"),
    ):
        if count:
            told.append(f"{count} packets {of}")
    return "; ".join(told)


class Speeds:
    """How fast flows are, from one reading to the next; at the first what the agent says."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._before: dict[_Key, tuple[int, int]] = {}
        self._read_sec: float | None = None

    def of(self, flows: Sequence[FlowView]) -> list[FlowView]:
        """The fastest first, with their rates since the last reading."""
        now_sec = self._clock.monotonic()
        before, self._before = self._before, {_key(f): _bytes(f) for f in flows}
        last_sec, self._read_sec = self._read_sec, now_sec
        if last_sec is not None:
            passed_sec = now_sec - last_sec
            new_ms = (self._clock.now().timestamp() - passed_sec) * 1e3
            flows = [
                _paced(f, before.get(_key(f), (0, 0)), passed_sec)
                if _key(f) in before or f.first_seen_at >= new_ms
                else f
                for f in flows
            ]
        return sorted(flows, key=lambda f: -(f.local_rate_bps + f.other_rate_bps))


def _paced(flow: FlowView, before: tuple[int, int], passed_sec: float) -> FlowView:
    now = _bytes(flow)
    return msgspec.structs.replace(
        flow,
        local_rate_bps=int(max(0, now[0] - before[0]) * 8 / passed_sec),
        other_rate_bps=int(max(0, now[1] - before[1]) * 8 / passed_sec),
    )


def _bytes(flow: FlowView) -> tuple[int, int]:
    return flow.local_bytes, flow.other_bytes


def _key(flow: FlowView) -> _Key:
    return (
        flow.interface,
        flow.protocol,
        flow.local_ip,
        flow.local_port,
        flow.other_ip,
        flow.other_port,
        flow.vlan_id,
        flow.first_seen_at,
    )
