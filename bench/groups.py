"""Address groups: adding a million addresses, looking one up."""

import os
import platform
import random
import resource
import statistics
import timeit
from functools import partial

from forepost.agent.flows.groups import Group, Groups, read_groups

ADDRESSES = 1_000_000
PREFIXES = 10_000
LOOK_UPS = 200_000


def main() -> str:
    """Return a Markdown section. Half a minute."""
    dice = random.Random(1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    texts = [f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(ADDRESSES)]
    texts += [f"172.{16 + n // 4_096}.{n // 16 % 256}.{n % 16 * 16}/28" for n in range(PREFIXES)]
    groups = Groups()
    document = [("many", texts)]
    took_sec = timeit.timeit(lambda: groups.want(read_groups(document)), number=1)
    group = groups.get("many")
    assert isinstance(group, Group)
    assert len(group) == ADDRESSES + PREFIXES
    used_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    kinds = {
        "an address that is in it": bytes((10, 5, 5, 5)),
        "an address in one of its prefixes": bytes((172, 16, 9, 9)),
        "an address that is not in it": bytes((192, 0, 2, 1)),
    }
    lines = [
        "## Address groups",
        "",
        "`make bench ARGS=groups`",
        "",
        f"One group of {ADDRESSES:,} addresses and {PREFIXES:,} prefixes, as a controller's",
        f"document. Read and taken in {took_sec:.1f} s; at most {used_mib:.0f} MiB, the document",
        "of texts included.",
        "",
        f"{os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}.",
        "",
        "| look-up | us, median of 5 |",
        "| --- | --- |",
    ]
    for name, address in kinds.items():
        times = timeit.repeat(partial(group.match, address), number=LOOK_UPS, repeat=5)
        lines.append(f"| {name} | {statistics.median(times) / LOOK_UPS * 1e6:.2f} |")
    some = [bytes((10, *dice.randbytes(3))) for _ in range(LOOK_UPS)]
    times = timeit.repeat(lambda: [group.match(one) for one in some], number=1, repeat=5)
    lines.append(f"| any of 10.0.0.0/8 | {statistics.median(times) / LOOK_UPS * 1e6:.2f} |")
    return "\n".join(lines) + "\n"
