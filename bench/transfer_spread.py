"""500 members of one distribution in one process: the rounds that 1 TiB takes, and the ideal."""

import platform
import time

from forepost.controller.jobs.neighbours import LinkMember, links_of
from tests.agent.transfer.spread import rounds_until_all_have_all

MEMBERS = 500
PIECES = 32_768
"""Of 32 MiB each: 1 TiB."""
SHARE = 64
"""Pieces that a member gives, and takes, in a round."""


def main() -> str:
    """Return a Markdown section. Ten minutes."""
    rows = []
    for members in (50, 500):
        made = [
            LinkMember(agent_id=n, permission="ro" if n else "rw", site=f"s{n % 50}")
            for n in range(members)
        ]
        links = {n: sorted(others) for n, others in links_of("distribution", made).items()}
        began = time.monotonic()
        rounds = rounds_until_all_have_all(members, links, PIECES, SHARE, seed=1)
        ideal = PIECES / SHARE
        took = time.monotonic() - began
        rows.append(f"| {members} | {rounds} | {ideal:.0f} | {rounds / ideal:.2f} | {took:.0f} |")
    return (
        f"## A swarm without lines ({platform.python_version()}): 1 TiB in {PIECES:,} pieces\n\n"
        "| members | rounds | ideal | times | s |\n| --- | --- | --- | --- | --- |\n"
        + "\n".join(rows)
        + "\n\nA member's sets are a bit a piece, for itself and each of its 12 links at most:"
        f" {PIECES // 8 // 1024} KiB each, whatever the number of members."
        "\n\n`make bench ARGS=transfer_spread`\n"
    )
