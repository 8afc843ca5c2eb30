"""Two lanes in one run of pytest: files side by side, and then, one after another, what is `alone`.

A test is marked `alone` where another one on the same machine would change what it measures: real
time, memory, the load of the host. A file that has one goes to the second lane as a whole. This is
for pytest-xdist (`make test`); without workers all tests come one after another as it is.
"""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Final

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

MARK: Final = "pytest.mark.alone"
FIRST: Final = ("tests/whole/", "tests/seeds/", "tests/cli/")
"""Few tests that are long: begun late, one worker would end long after the other."""


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> "TwoLanes | None":
    return TwoLanes(config, log) if config.getvalue("dist") == "loadfile" else None


class TwoLanes(LoadFileScheduling):  # type: ignore[misc]
    """The workers but one end with the first lane; the one that is left goes on with the second."""

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)

        @cache
        def is_alone(file: str) -> bool:
            return MARK in (config.rootpath / file).read_text()

        self._is_alone = is_alone

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        # Of two tests with one id the workers would run one, and nobody would miss the other.
        twice = [name for name, count in Counter(collection).items() if count > 1]
        if twice:
            raise pytest.UsageError(f"two tests have one id: {twice[0]}")
        super().add_node_collection(node, collection)

    def _assign_work_unit(self, node: WorkerController) -> None:
        shared = [file for file in self.workqueue if not self._is_alone(file)]
        if shared:
            first = next((file for file in shared if file.startswith(FIRST)), shared[0])
            self.workqueue.move_to_end(first, last=False)
        elif node is not self.nodes[0]:
            node.shutdown()
            return
        elif len(self.nodes) > 1:
            return  # until the others have ended: see remove_node
        super()._assign_work_unit(node)

    def _reschedule(self, node: WorkerController) -> None:
        super()._reschedule(node)
        # A worker begins a test when it knows the next one, or that there is none.
        if self._pending_of(self.assigned_work[node]) < 2:
            super()._reschedule(node)

    def remove_node(self, node: WorkerController) -> str | None:
        crashed: str | None = super().remove_node(node)
        for other in self.nodes:
            self._reschedule(other)
        return crashed
