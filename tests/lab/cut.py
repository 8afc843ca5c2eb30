"""A line that is cut without a word: packets vanish on their way in, on both sides or by size."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.lab.net import Namespace


@contextmanager
def cut(*sides: Namespace, longer_than: int = 0) -> Iterator[None]:
    """Drop every TCP packet that reaches these sides, or only those of more bytes (IP);
    what a side says to itself gets through.
    """
    only = f"ip length > {longer_than}" if longer_than else "meta l4proto tcp"
    rules = f"""table inet cut {{
        chain in {{
            type filter hook input priority 0;
            iifname != "lo" {only} drop
        }}
    }}"""
    for side in sides:
        side.run("nft", "-f", "-", stdin=rules)
    try:
        yield
    finally:
        for side in sides:
            side.run("nft", "delete", "table", "inet", "cut")
