"""Drops pages that nobody needs any more: of former roots, and recipes of files that are gone.

Of the folder's thread, while nothing is on its way. A sweep reads what stays, so there is one when
as much has come as had stayed.
"""

from collections.abc import Iterable
from typing import Final

from forepost.agent.transfer.index import Index
from forepost.agent.transfer.recipe import Part, WrongRecipe, read_recipe
from forepost.agent.transfer.tree import WrongPage, read_page
from forepost.wire.jobs.folder import FILE, Entry, Leaf

LEAST_BYTES: Final = 1 << 20


class PageSweep:
    """Of one folder."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._came_before = -index.size_of_pages()
        self._stayed = 0

    @property
    def is_due(self) -> bool:
        came = self._index.page_bytes_came - self._came_before
        return came > max(LEAST_BYTES, self._stayed)

    def run(self, tops: Iterable[Entry]) -> None:
        """`tops`: of the roots that count now; others may ask for their pages.

        Recipes stay of files that are here, whole or in part, and of those in pages that stay.
        """
        index = self._index
        index.begin()
        index.begin_sweep()
        for top in tops:
            self._spare_tree(top.hash)
        for content in index.recipes():
            self._spare_recipe(content)
        index.end_sweep()
        index.commit()
        self._came_before = index.page_bytes_came
        self._stayed = index.size_of_pages()

    def _spare_tree(self, top: bytes) -> None:
        """Spare what is not in the own tree, whose pages are made when they are asked for."""
        waiting = [top]
        while waiting:
            hash_ = waiting.pop()
            page = self._index.page(hash_)
            if page is None or self._index.has_page(hash_):
                continue
            self._index.spare(hash_)
            try:
                found = read_page(page)
            except WrongPage:
                continue
            if isinstance(found, Leaf):
                for row in found.rows:
                    if row.kind == FILE and row.chunks > 1:
                        self._spare_recipe(row.content)
            else:
                waiting += [one.hash for one in found.entries]

    def _spare_recipe(self, content: bytes) -> None:
        page = self._index.page(content)
        if page is None:
            return
        self._index.spare(content)
        try:
            found = read_recipe(page)
        except WrongRecipe:
            return
        for one in found:
            if isinstance(one, Part):
                self._index.spare(one.hash)
