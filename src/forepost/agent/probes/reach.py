"""Connects to the first address of a name that answers, as clients do (RFC 8305)."""

from collections import deque
from collections.abc import Sequence

import anyio
import msgspec

from forepost.agent.ports.dialer import Dialer, Failed, Stream
from forepost.kit.happy_eyeballs import ATTEMPT_SEC, by_turns


class Reached(msgspec.Struct, frozen=True):
    stream: Stream
    address: str
    missed: tuple[str, ...] = ()
    """Those that were tried before and did not answer, each with the reason."""


async def reach(
    dialer: Dialer, addresses: Sequence[str], port: int, *, interface: str = ""
) -> Reached:
    """It waits as long as the system does: bound it. Raises Failed, with the reason of each where
    there are several.
    """
    race = _Race(dialer, port, interface)
    async with anyio.create_task_group() as tasks:
        waiting = deque(by_turns(addresses, lambda address: ":" in address))
        while waiting and race.won is None:
            tasks.start_soon(race.attempt, waiting.popleft(), tasks.cancel_scope)
            with anyio.move_on_after(ATTEMPT_SEC if waiting else None):
                await race.ended()
    if race.won is None:
        raise race.lost()
    return race.won


class _Race:
    def __init__(self, dialer: Dialer, port: int, interface: str) -> None:
        self._dialer, self._port, self._interface = dialer, port, interface
        self._tried: list[str] = []
        self._failed: dict[str, Failed] = {}
        self._one_ended = anyio.Event()
        self.won: Reached | None = None

    async def attempt(self, address: str, all_of_them: anyio.CancelScope) -> None:
        self._tried.append(address)
        try:
            stream = await self._dialer.tcp(address, self._port, interface=self._interface)
        except Failed as error:
            self._failed[address] = error
            self._one_ended.set()
            return
        if self.won is not None:
            stream.close()  # two at once
            return
        missed = [one for one in self._tried if one != address]
        self.won = Reached(stream, address, tuple(map(self._why, missed)))
        self._one_ended.set()
        all_of_them.cancel()

    async def ended(self) -> None:
        """Return once one more has come to an end."""
        await self._one_ended.wait()
        self._one_ended = anyio.Event()

    def lost(self) -> Failed:
        errors = [self._failed[address] for address in self._tried]
        if len(errors) == 1:
            return errors[0]
        kinds = [error.kind for error in errors if error.kind != "denied"]
        return Failed(kinds[0] if kinds else "denied", "; ".join(map(self._why, self._tried)))

    def _why(self, address: str) -> str:
        error = self._failed.get(address)
        return f"{address}: {error.reason if error else 'no answer'}"
