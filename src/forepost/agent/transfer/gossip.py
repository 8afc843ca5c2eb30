"""What a folder tells its members of what it has: at the beginning, and as it comes."""

from typing import Final

from forepost.agent.transfer.folder_view import FolderView
from forepost.kit.clock import Clock
from forepost.wire.jobs.members import Holding, Word

EVERY_SEC: Final = 0.2
"""Pieces are told together, not each."""


async def run(folder: FolderView, clock: Clock) -> None:
    """Tell members what came. For ever."""
    while True:
        await clock.sleep(EVERY_SEC)
        target = folder.target
        news = target.take_news() if target is not None else 0
        if target is not None and news:
            folder.members.tell(_have(target.root.top.hash, news))


def first_words(folder: FolderView) -> list[Word]:
    """Return what a member is told first."""
    words: list[Word] = []
    if folder.opened is not None:
        words.append(Holding(folder.opened.disk.top.hash, complete=True))
    target = folder.target
    if target is not None and target.came:
        words.append(_have(target.root.top.hash, target.came))
    return words


def _have(root: bytes, pieces: int) -> Holding:
    data = pieces.to_bytes((pieces.bit_length() + 7) // 8, "little")
    return Holding(root, complete=False, pieces=data)
