"""Who may be on the way now: slots for each host and workspace, and some for what is critical."""

from collections import Counter
from typing import Final

import msgspec

from forepost.controller.notify.store import CRITICAL, ClaimedDelivery, DueDelivery, FullSlots

AT_ONCE: Final = 24
OF_ONE_HOST: Final = 2
OF_ONE_WORKSPACE: Final = 8
SPARE: Final = 8
"""Of all slots, for what is critical; and one more for each host."""


class SendSlots(msgspec.Struct):
    """So that neither a host that never answers, nor a workspace that says much, holds up others.

    What is critical has no bound for its workspace.
    """

    hosts: Counter[str] = msgspec.field(default_factory=Counter)
    workspaces: Counter[int] = msgspec.field(default_factory=Counter)

    def copied(self) -> "SendSlots":
        return SendSlots(Counter(self.hosts), Counter(self.workspaces))

    def has_room(self, one: DueDelivery) -> bool:
        taken, of_host = self.hosts.total(), self.hosts[one.host]
        if one.urgency == CRITICAL:
            return taken < AT_ONCE and of_host <= OF_ONE_HOST
        return (
            taken < AT_ONCE - SPARE
            and of_host < OF_ONE_HOST
            and self.workspaces[one.workspace_id] < OF_ONE_WORKSPACE
        )

    def take(self, host: str, workspace_id: int) -> None:
        self.hosts[host] += 1
        self.workspaces[workspace_id] += 1

    def leave(self, row: ClaimedDelivery) -> None:
        self.hosts -= Counter({row.host: 1})
        self.workspaces -= Counter({row.workspace_id: 1})

    @property
    def full(self) -> FullSlots:
        """Return where there is no room."""
        return FullSlots(
            hosts=[host for host, busy in self.hosts.items() if busy >= OF_ONE_HOST],
            hosts_of_critical=[host for host, busy in self.hosts.items() if busy > OF_ONE_HOST],
            workspaces=[
                number for number, busy in self.workspaces.items() if busy >= OF_ONE_WORKSPACE
            ],
        )
