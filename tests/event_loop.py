"""Whether a program has come as far as its event loop: a signal before that ends it unheard."""

import contextlib
from pathlib import Path

from tests.running import until


def until_it_loops(pid: int) -> None:
    """Return when the process waits for events; fail after a minute."""

    def loops() -> bool:
        found = []
        with contextlib.suppress(OSError):
            for descriptor in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    found.append(str(descriptor.readlink()))
        return "anon_inode:[eventpoll]" in found

    until(loops, 50)
