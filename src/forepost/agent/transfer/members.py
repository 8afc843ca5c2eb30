"""Members of a folder that are connected: what they know and have, and what is asked of them."""

from collections.abc import Callable, Collection, Iterable
from itertools import count
from typing import Final

import anyio

from forepost.agent.edges.peers.channel import ChannelEnded
from forepost.agent.transfer.link import Link
from forepost.agent.transfer.signature import Vouched, WrongSignature, vouched
from forepost.agent.transfer.tree import hash_of
from forepost.wire.jobs.folder import SignedRoot
from forepost.wire.jobs.members import (
    MOST_ASKED,
    Bad,
    Come,
    GivePages,
    Holding,
    Roots,
    WantPages,
    Word,
)

MOST_ROOTS_EACH: Final = 4
"""Roots of which it is remembered what a member has of them."""
MOST_WRITERS: Final = 1_000
PAGES_SEC: Final = 30.0
"""How long a member may take for pages."""
MOST_BAD: Final = 2
"""Wrong pieces of one member, after which it is not asked again."""
LARGEST_SET: Final = 2 << 20
"""Bytes of a set of pieces that a member may say: of 16 TiB."""


class _Answer:
    def __init__(self, most: int) -> None:
        self.most = most
        """How many pages it may have."""
        self.pages: list[bytes] = []
        self.is_whole = anyio.Event()


class Members:
    """Of one folder; in the event loop."""

    def __init__(
        self,
        key: str,
        is_writer: Callable[[str], bool],
        pages: Callable[[list[bytes]], list[bytes]],
        news: Callable[[], None],
        bad: Callable[[str, str], None],
    ) -> None:
        """`pages`: pages of this folder by their hashes, as far as they are here; called in a
        thread. `bad`: told of a member, and what it did.
        """
        self._key, self._is_writer, self._pages = key, is_writer, pages
        self._news, self._bad = news, bad
        self.links: dict[str, Link] = {}
        """By device id."""
        self.roots: dict[str, Vouched] = {}
        """By the writer's device id: its newest."""
        self._haves: dict[str, dict[bytes, int | None]] = {}
        """By device id and root: pieces, a bit each; None: all."""
        self._needs: dict[str, int] = {}
        self._wrong: dict[str, int] = {}
        self._answers: dict[int, tuple[str, _Answer]] = {}
        self._numbers = count(1)
        self.on_have: Callable[[str, bytes, int | None], None] = lambda *_: None
        """Called with every word about what a member has."""
        self.on_come: Callable[[str], None] = lambda _: None
        self.on_direct: Callable[[str], None] = lambda _: None
        """Called with a member to which there is a direct line from now on."""
        self.on_bad: Callable[[bytes], None] = lambda _: None
        """Called with a hash that bytes from here did not have."""

    # --- who is there

    async def keep(self, link: Link, first: Iterable[Word]) -> None:
        """Speak with a member until the line ends. Raises ChannelEnded, WrongWord."""
        device_id = link.device_id
        known = self.links.get(device_id)
        if known is not None:
            if link.is_relayed and not known.is_relayed:
                raise ChannelEnded("there is a direct line")
            if link.is_relayed == known.is_relayed and known.is_instead_of(link):
                raise ChannelEnded("both sides have dialed")
            known.close("another connection took its place")
        if not link.is_relayed:
            self.on_direct(device_id)
        self.links[device_id] = link
        self._haves[device_id] = {}
        if self.roots:
            link.say(Roots([one.signed for one in self.roots.values()]))
        for word in first:
            link.say(word)
        self._news()
        try:
            await link.run(lambda word: self._heard(link, word))
        finally:
            if self.links.get(device_id) is link:
                del self.links[device_id]
                self._haves.pop(device_id, None)
                self._needs.pop(device_id, None)
            for number, (asked, answer) in [*self._answers.items()]:
                if asked == device_id:
                    del self._answers[number]
                    answer.is_whole.set()
            self._news()

    def forget_but(self, writers: Collection[str], members: Collection[str]) -> None:
        """What others said, and did, does not count any more."""
        self.roots = {one: found for one, found in self.roots.items() if one in writers}
        self._wrong = {one: count for one, count in self._wrong.items() if one in members}

    @property
    def direct(self) -> set[str]:
        """Members to which there is a direct line."""
        return {device_id for device_id, link in self.links.items() if not link.is_relayed}

    def close_all(self, reason: str) -> None:
        for link in [*self.links.values()]:
            link.close(reason)

    def tell(self, word: Word) -> None:
        """Say it to all who are connected."""
        for link in self.links.values():
            link.say(word)

    # --- what they say

    async def _heard(self, link: Link, word: Word) -> None:
        if isinstance(word, Roots):
            self._take_roots(link, word.roots)
        elif isinstance(word, Holding):
            self._take_have(link.device_id, word)
        elif isinstance(word, WantPages):
            await self._give_pages(link, word)
        elif isinstance(word, GivePages):
            self._take_pages(link.device_id, word)
        elif isinstance(word, Come):
            self.on_come(link.device_id)
        elif isinstance(word, Bad):
            self.on_bad(word.hash)

    def _take_roots(self, link: Link, roots: list[SignedRoot]) -> None:
        new = []
        for said in roots[:MOST_WRITERS]:
            try:
                found = vouched(said, self._key)
            except WrongSignature as error:
                self._bad(link.device_id, str(error))
                link.close("what it says of roots does not hold")
                return
            if not self._is_writer(found.device_id):
                continue
            if found.device_id == link.device_id:
                self._has(link.device_id, found.root.top.hash, None)
            if self.learn(found):
                new.append(said)
        if new:
            for other in self.links.values():
                if other is not link:
                    other.say(Roots(new))
            self._news()

    def learn(self, found: Vouched) -> bool:
        """Whether it is newer than what was known of this writer."""
        known = self.roots.get(found.device_id)
        if known is not None and known.root.number >= found.root.number:
            return False
        self.roots[found.device_id] = found
        return True

    def _take_have(self, device_id: str, word: Holding) -> None:
        if len(word.pieces) > LARGEST_SET or len(word.root) != 32:
            return
        self._needs[device_id] = word.needs
        if word.complete:
            self._has(device_id, word.root, None)
            return
        known = self._haves[device_id].get(word.root, 0)
        if known is not None:
            pieces = int.from_bytes(word.pieces, "little")
            self._has(device_id, word.root, known | pieces)

    def _has(self, device_id: str, root: bytes, pieces: int | None) -> None:
        if device_id not in self._haves:
            return
        haves = self._haves[device_id]
        haves.pop(root, None)
        haves[root] = pieces
        while len(haves) > MOST_ROOTS_EACH:
            del haves[next(iter(haves))]
        self.on_have(device_id, root, pieces)
        self._news()

    def who_has(self, root: bytes) -> dict[str, int | None]:
        """Return what connected members have of a root, by device id."""
        return {device_id: haves[root] for device_id, haves in self._haves.items() if root in haves}

    def complete(self, root: bytes) -> int:
        """Return how many connected members have all of a root."""
        return sum(haves.get(root, 0) is None for haves in self._haves.values())

    # --- pages

    async def _give_pages(self, link: Link, word: WantPages) -> None:
        hashes = word.hashes[:MOST_ASKED]
        while True:
            found = await anyio.to_thread.run_sync(self._pages, hashes)
            more = bool(found) and len(found) < len(hashes)
            link.say(GivePages(word.number, found, more))
            if not more:
                return
            given = {hash_of(page) for page in found}
            hashes = [one for one in hashes if one not in given]

    def _take_pages(self, device_id: str, word: GivePages) -> None:
        asked, answer = self._answers.get(word.number, ("", None))
        if answer is None or asked != device_id:
            return
        if len(answer.pages) + len(word.pages) > answer.most or (word.more and not word.pages):
            self._bad(device_id, "gave more pages than were asked for")
            self.links[device_id].close("it gives what was not asked for")
            return
        answer.pages += word.pages
        if not word.more:
            answer.is_whole.set()

    async def ask_pages(self, hashes: list[bytes], first: str) -> dict[bytes, bytes]:
        """Return pages by hash, as far as somebody gives them; `first` is asked first."""
        missing = set(hashes)
        found: dict[bytes, bytes] = {}
        order = sorted(self.links, key=lambda device_id: device_id != first)
        for device_id in order:
            link = self.links.get(device_id)
            if link is None or not missing:
                continue
            wanted = [one for one in hashes if one in missing]
            number, answer = next(self._numbers), _Answer(len(wanted))
            self._answers[number] = (device_id, answer)
            link.say(WantPages(number, wanted))
            with anyio.move_on_after(PAGES_SEC):
                await answer.is_whole.wait()
            self._answers.pop(number, None)
            for page in answer.pages:
                hash_ = hash_of(page)
                if hash_ in missing:
                    missing.discard(hash_)
                    found[hash_] = page
        return found

    # --- who is not believed

    def gave_wrong(self, device_id: str, hash_: bytes) -> None:
        """Bytes of a member did not have the hash that they were asked for."""
        self._wrong[device_id] = self._wrong.get(device_id, 0) + 1
        link = self.links.get(device_id)
        if link is not None:
            link.say(Bad(hash_))
        self._bad(device_id, f"sent bytes that are not what was asked for ({hash_.hex()[:16]})")
        if link is not None and not self.is_believed(device_id):
            link.close("it sent wrong bytes")

    def is_believed(self, device_id: str) -> bool:
        return self._wrong.get(device_id, 0) < MOST_BAD
