"""Where things are when nobody says: system folders for root, XDG folders for others."""

import os
from pathlib import Path


def state() -> Path:
    """Parent of all that forepost keeps."""
    if os.geteuid() == 0:
        return Path("/var/lib/forepost")
    return Path(os.environ.get("XDG_STATE_HOME", Path.home() / ".local/state")) / "forepost"


def agent(said: Path | None) -> Path:
    """The state folder of this host's agent; `said`: the one that somebody named."""
    return said or state() / "agent"


def settings() -> Path:
    if os.geteuid() == 0:
        return Path("/etc/forepost")
    return Path(os.environ.get("XDG_CONFIG_HOME", Path.home() / ".config")) / "forepost"
