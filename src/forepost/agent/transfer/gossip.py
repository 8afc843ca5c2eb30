"""What a folder tells its members of what it has: at the beginning, and as it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forepost.wire.jobs.members import Have, Word

if TYPE_CHECKING:
    from forepost.agent.transfer.folder import Folder
    from forepost.kit.clock import Clock

EVERY_SEC: Final = 0.2
"""Pieces are told together, not each."""


async def run(folder: Folder, clock: Clock) -> None:
    """Tell members what came. For ever."""
    while True:
        await clock.sleep(EVERY_SEC)
        target = folder.target
        news = target.take_news() if target is not None else 0
        if target is not None and news:
            folder.members.tell(_have(target.root.top.hash, news))


def first_words(folder: Folder) -> list[Word]:
    """Return what a member is told first."""
    words: list[Word] = []
    if folder.opened is not None:
        words.append(Have(folder.opened.disk.top.hash, complete=True))
    target = folder.target
    if target is not None and target.came:
        words.append(_have(target.root.top.hash, target.came))
    return words


def _have(root: bytes, pieces: int) -> Have:
    data = pieces.to_bytes((pieces.bit_length() + 7) // 8, "little")
    return Have(root, complete=False, pieces=data)
