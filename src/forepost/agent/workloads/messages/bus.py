"""The bus: who gets which message, and what of it was taken."""

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import islice
from operator import attrgetter
from pathlib import Path
from secrets import token_hex
from typing import Final

import anyio
import anyio.to_thread
import msgspec

from forepost.agent.workloads.messages.io_message import (
    IoMessage,
    WrongMessage,
    decoded,
    encoded,
)
from forepost.agent.workloads.messages.journal import Journal, MessageEntry, MessageRecord
from forepost.kit.clock import Clock
from forepost.kit.health import Health
from forepost.kit.state_file import StateFile

CURSORS: Final = "message-cursors.json"
MOST_ANSWER: Final = 4 << 20
"""Bytes of messages in one answer; at least one is in it."""
MOST_HELD_MS: Final = 60_000
"""A clock that is set back by no more has no time come twice."""
SAVE_SEC: Final = 2.0
SUBJECT: Final = "messages"
Cursors = dict[str, int]


class MessageBus:
    """At least once, in order: a message is taken when its receiver has said so."""

    def __init__(
        self,
        journal: Journal,
        state_dir: Path,
        routes: Callable[[str], Collection[str] | None],
        clock: Clock,
        health: Health,
    ) -> None:
        """`routes`: publisher to receivers; None: there is no such publisher."""
        self._journal, self._routes = journal, routes
        self._clock, self._health = clock, health
        self._file = StateFile(state_dir / CURSORS, msgspec.json.Decoder(Cursors).decode)
        self._cursors: Cursors = self._file.recall(health) or {}
        self._saved = dict(self._cursors)
        self._queues: dict[str, deque[MessageEntry]] = {}
        self._woken: dict[str, Callable[[], None]] = {}
        self.count = 0
        """Messages that were published since the start."""
        self.lost = 0
        """Of a receiver each: those that had to give way before they were taken."""
        self._number = max([journal.last_number, *self._cursors.values()])
        self._at_ms = max((one.at_ms for one in journal.entries), default=0)
        self._unsynced = False
        for entry in journal.entries:
            self._queue(entry)
        if journal.damaged:
            health.ill(
                SUBJECT, f"{journal.damaged} damaged files: what they had is lost", minor=True
            )

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self._journal.size

    def publish(self, publisher: str, message: IoMessage) -> IoMessage:
        """Take a message; return it with its id and its time. Raises OSError where it cannot be
        kept, and WrongMessage.
        """
        routes = self._routes(publisher)
        if routes is None:
            raise WrongMessage(f"publisher: there is no microservice {publisher}")
        self._at_ms = self._time()
        made = msgspec.structs.replace(
            message, id=token_hex(16), timestamp=self._at_ms, publisher=publisher
        )
        data = encoded(made)
        receivers = tuple(dict.fromkeys(routes))
        if receivers:
            record = MessageRecord(self._number + 1, self._at_ms, publisher, receivers, data)
            entry, given_way = self._journal.append(record)
            self._number, self._unsynced = entry.number, True
            self._give_way(given_way)
            for receiver in self._queue(entry):
                if wake := self._woken.get(receiver):
                    wake()
        self.count += 1
        return made

    def first(self, receiver: str) -> tuple[int, IoMessage] | None:
        """The oldest that waits, and its number."""
        found = next(self._waiting(receiver), None)
        return None if found is None else (found[0].number, found[1])

    def some(self, receiver: str) -> tuple[int, list[IoMessage]]:
        """Those that wait, as many as fit into an answer, and the number of the last."""
        number, messages = 0, []
        for entry, message in _within(self._waiting(receiver)):
            number = entry.number
            messages.append(message)
        return number, messages

    def take(self, receiver: str, number: int) -> None:
        """The receiver has all up to this number."""
        queue = self._queues.get(receiver)
        while queue and queue[0].number <= number:
            queue.popleft()
        if number > self._cursors.get(receiver, 0):
            self._cursors[receiver] = number

    def between(
        self, receiver: str, first_ms: int, last_ms: int, publishers: Collection[str]
    ) -> Sequence[IoMessage]:
        """What is kept of that time, taken or not; as many as fit into an answer, oldest first."""
        entries = [
            entry
            for entry in self._journal.entries
            if first_ms <= entry.at_ms <= last_ms
            and entry.publisher in publishers
            and receiver in entry.receivers
        ]
        # whoever asks for the rest asks from the time of the last one on
        entries.sort(key=attrgetter("at_ms"))
        found = (
            (entry, message) for entry in entries if (message := self._read(entry)) is not None
        )
        return [message for _, message in _within(found)]

    def _time(self) -> int:
        """Of a message that comes now. A clock that is set right by a little brings none before
        another; one that was far ahead is not what all times are held at from then on.
        """
        now = int(self._clock.now().timestamp() * 1_000)
        return now if now < self._at_ms - MOST_HELD_MS else max(now, self._at_ms)

    def listen(self, receiver: str, wake: Callable[[], None]) -> None:
        """Call `wake` for every new message; `next` has none for it meanwhile."""
        self._woken[receiver] = wake

    def leave(self, receiver: str, wake: Callable[[], None]) -> None:
        if self._woken.get(receiver) == wake:
            del self._woken[receiver]

    def is_listening(self, receiver: str) -> bool:
        return receiver in self._woken

    async def run(self) -> None:
        """Keep what was taken, and make what came survive a power cut; for ever."""
        while True:
            await self._clock.sleep(SAVE_SEC)
            await self.flush()

    async def flush(self) -> None:
        self._save()
        if self._unsynced:
            self._unsynced = False
            try:
                await anyio.to_thread.run_sync(self._journal.sync)
            except OSError as error:
                self._unsynced = True
                self._health.ill(SUBJECT, f"not on disk yet: {error.strerror}")

    def _save(self) -> None:
        if self._cursors == self._saved:
            return
        first = self._journal.entries[0].number if self._journal.entries else self._number
        kept = {who: number for who, number in self._cursors.items() if number >= first}
        if self._file.keep(msgspec.json.encode(kept), self._health):
            self._cursors, self._saved = kept, dict(kept)

    def _queue(self, entry: MessageEntry) -> list[str]:
        found = [one for one in entry.receivers if entry.number > self._cursors.get(one, 0)]
        for receiver in found:
            self._queues.setdefault(receiver, deque()).append(entry)
        return found

    def _give_way(self, given_way: Sequence[MessageEntry]) -> None:
        lost = 0
        for entry in given_way:
            for receiver in entry.receivers:
                queue = self._queues.get(receiver)
                if queue and queue[0].number == entry.number:
                    queue.popleft()
                    lost += 1
        if lost:
            self.lost += lost
            self._health.ill(
                SUBJECT, f"{self.lost} gave way before their receivers took them", minor=True
            )

    def _waiting(self, receiver: str) -> Iterator[tuple[MessageEntry, IoMessage]]:
        queue = self._queues.get(receiver, deque())
        for entry in list(islice(queue, 10_000)):
            if (message := self._read(entry)) is not None:
                yield entry, message

    def _read(self, entry: MessageEntry) -> IoMessage | None:
        """None: it is damaged, which is said."""
        try:
            data = self._journal.read(entry)
            return None if data is None else decoded(data)
        except (OSError, WrongMessage) as error:
            self._health.ill(SUBJECT, f"message {entry.number} cannot be read: {error}", minor=True)
            return None


def _within(
    found: Iterator[tuple[MessageEntry, IoMessage]],
) -> Iterator[tuple[MessageEntry, IoMessage]]:
    room = MOST_ANSWER
    for entry, message in found:
        room -= entry.size
        if room < 0 and room + entry.size < MOST_ANSWER:
            return
        yield entry, message
