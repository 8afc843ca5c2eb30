"""How much each agent has sent today (UTC). In RAM: a restart forgets."""

from datetime import datetime


class DailyBytes:
    def __init__(self, most: int) -> None:
        """`most`: for one agent; 0: no limit."""
        self._most = most
        self._day = 0
        self._sent: dict[int, int] = {}

    def take(self, agent_id: int, size: int, now: datetime) -> bool:
        """Count bytes; False where they are beyond the most."""
        day = now.toordinal()
        if day != self._day:
            self._day, self._sent = day, {}
        sent = self._sent[agent_id] = self._sent.get(agent_id, 0) + size
        return not self._most or sent <= self._most

    def sent(self, agent_id: int, now: datetime) -> int:
        return self._sent.get(agent_id, 0) if now.toordinal() == self._day else 0

    def why_not(self, agent_id: int, now: datetime) -> str:
        """Why this agent is not heard any more today; "" where it is."""
        if not self._most or self.sent(agent_id, now) <= self._most:
            return ""
        return (
            f"too much: this agent has sent more than {self._most} bytes today"
            " (limits.agent_bytes_a_day); it is heard again from 00:00 UTC on"
        )
