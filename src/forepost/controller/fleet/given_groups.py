"""The address groups on one connection: what the agent said it has, and what it was sent."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from forepost.controller.fleet.session import want_groups
from forepost.controller.fleet.store import Enrolled
from forepost.wire.uplink.groups import HaveGroups


class WantedGroups(Protocol):
    """The address groups that agents are to have."""

    def has(self, agent: Enrolled, have: HaveGroups) -> None: ...

    async def missing(self, agent: Enrolled) -> tuple[str, Sequence[bytes]]:
        """What is wanted: its revision, and its parts unless the agent has it."""
        ...


class GivenGroups:
    def __init__(self, grouping: WantedGroups) -> None:
        self._grouping = grouping
        self._takes = self._due = False
        self._given = ""
        self._left: deque[bytes] = deque()

    def heard(self, agent: Enrolled, have: HaveGroups) -> None:
        """An agent that says what it has takes groups."""
        self._grouping.has(agent, have)
        self._takes = self._due = True

    def changed(self) -> None:
        self._due = self._takes

    async def give(self, agent: Enrolled, say: Callable[[str], Awaitable[None]]) -> bool:
        """Say one part of what the agent has not, each revision once; whether there are more of
        them. All of them at once would keep other news from a slow line for minutes.
        """
        if self._due:
            self._due = False
            revision, parts = await self._grouping.missing(agent)
            if revision != self._given:
                self._left = deque(parts)
                if parts:
                    self._given = revision
        if self._left:
            await say(want_groups(self._left.popleft()))
        return bool(self._left)
