"""Ends this process, in good order, when the process that started it is gone."""

import ctypes
import os
import signal
from collections.abc import Mapping, Sequence
from typing import Final

PARENT: Final = "FOREPOST_PARENT"
_PR_SET_PDEATHSIG: Final = 1


def bare(keep: Sequence[str] = (), env: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of a helper: who its parent is, and of ours only what is named: there may be
    keys and passwords in it.
    """
    return {PARENT: str(os.getpid()), **{name: env[name] for name in keep if name in env}}


def follow(env: Mapping[str, str] = os.environ) -> None:
    """Where `FOREPOST_PARENT` names our parent, ask the kernel for SIGTERM at its end."""
    parent = env.get(PARENT)
    if parent is None:
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):  # it was gone before we asked
        signal.raise_signal(signal.SIGTERM)
