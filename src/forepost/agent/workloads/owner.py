"""By what an agent knows its own containers: the same after its state folder was lost."""

import hashlib
from pathlib import Path
from typing import Final

from forepost.kit import files

MACHINE: Final = Path("/etc/machine-id")
LENGTH: Final = 16


def owner_of(state_dir: Path, machine: Path = MACHINE) -> str:
    """Return a label of this agent on this host: each state folder has another."""
    try:
        host = files.read(machine, 4_096, follow=True).strip()
    except OSError:
        host = b""  # in a container, say: the engine is another's then, or this one's alone
    said = b"forepost workloads 1\0" + host + b"\0" + bytes(state_dir.resolve())
    return hashlib.sha256(said).hexdigest()[:LENGTH]
