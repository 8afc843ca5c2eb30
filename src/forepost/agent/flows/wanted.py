"""The document `groups`: the address groups that a controller wants, beside those of the site.

Whoever sends it may be somebody else's controller by now: what it asks is bounded.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import anyio.to_thread
import msgspec

from forepost.agent.document import DocumentRefused
from forepost.agent.flows.groups import Groups, Read, read_groups
from forepost.wire.uplink.documents import GROUPS
from forepost.wire.uplink.groups import MOST_IN_ALL, GroupsPart

MOST_BYTES: Final = 64 << 20
MOST_GROUPS: Final = 10_000
LONGEST_NAME: Final = 200

_part = msgspec.json.Decoder(GroupsPart)


class WantedGroups:
    """A Document: has exactly these groups of the controller beside the local ones.

    Local groups come first, and stay where names are equal.
    """

    name: Final = GROUPS
    most_bytes: Final = MOST_BYTES

    def __init__(self, groups: Groups, reload: Callable[[], Awaitable[None]]) -> None:
        """`reload` reads the saved local groups; called once, before the first document."""
        self._groups, self._reload = groups, reload
        self._has_local = False

    async def apply(self, parts: Sequence[msgspec.Raw]) -> list[str]:
        """Have these groups from now on; return what of them could not be taken."""
        read = await anyio.to_thread.run_sync(_read, parts)
        if not self._has_local:
            await self._reload()
            self._has_local = True
        return self._groups.want(read)


def _read(parts: Sequence[msgspec.Raw]) -> Read:
    """A million addresses take seconds."""
    return read_groups(list(entries_of(parts).items()))


def entries_of(parts: Sequence[msgspec.Raw]) -> dict[str, list[str]]:
    """Return the addresses of each group, over all parts.

    Raises DocumentRefused, msgspec.ValidationError.
    """
    entries: dict[str, list[str]] = {}
    count = 0
    for part in parts:
        for group in _part.decode(part).groups:
            if len(group.name) > LONGEST_NAME:
                raise DocumentRefused(f"the name of a group is {LONGEST_NAME} characters at most")
            entries.setdefault(group.name, []).extend(group.entries)
            count += len(group.entries)
        if count > MOST_IN_ALL:
            raise DocumentRefused(f"more than {MOST_IN_ALL:,} addresses in groups")
        if len(entries) > MOST_GROUPS:
            raise DocumentRefused(f"more than {MOST_GROUPS:,} groups")
    return entries
