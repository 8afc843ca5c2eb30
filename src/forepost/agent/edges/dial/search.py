"""Looks for a regular expression in a text, in a process of its own.

An expression that somebody wrote may take longer than the universe lasts on a text that somebody
else wrote, and Python's engine holds everything up meanwhile. A process can be ended.
"""

import math
import subprocess
import sys
from typing import Final

import anyio

from forepost.agent.ports.dialer import Failed

_CHILD: Final = """
import re, resource, sys
seconds, length = int(sys.argv[1]), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
resource.setrlimit(resource.RLIMIT_AS, (1 << 28, 1 << 28))
data = sys.stdin.buffer.read()
found = re.search(data[:length].decode(), data[length:].decode(errors="replace"))
sys.exit(20 if found else 21)
"""
_FOUND: Final = 20
_NOT_FOUND: Final = 21


async def search(pattern: str, text: bytes, timeout_sec: float) -> bool:
    """The process also ends by itself (CPU time), should we be gone. Raises Failed."""
    asked = pattern.encode(errors="surrogatepass")
    limits = (str(math.ceil(timeout_sec) + 1), str(len(asked)))
    command = [sys.executable, "-I", "-S", "-c", _CHILD, *limits]
    done = None
    with anyio.move_on_after(timeout_sec):
        done = await anyio.run_process(
            command,
            input=asked + text,
            env={},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
    if done is None:
        raise Failed("timeout", f"the expression was not done with in {timeout_sec:g} s")
    if done.returncode not in (_FOUND, _NOT_FOUND):
        raise Failed("wrong", f"the search ended with {done.returncode}")
    return done.returncode == _FOUND
