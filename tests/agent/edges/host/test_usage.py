"""What a process says of itself is what it is, and not what its parent was."""

import subprocess
import sys

from forepost.agent.edges.host.usage import usage

ASK = "from forepost.agent.edges.host.usage import usage; print(*usage())"


def test_a_small_child_of_a_large_process_is_small() -> None:
    ballast = bytearray(b"x") * (200 << 20)
    _, _, rss_kb, max_rss_kb = usage()
    assert rss_kb <= max_rss_kb
    assert max_rss_kb > len(ballast) / 1024
    said = subprocess.run(
        [sys.executable, "-c", ASK], check=True, capture_output=True, text=True
    ).stdout.split()
    assert 0 < int(said[2]) <= int(said[3]) < 100 * 1024


def test_cpu_grows_with_work() -> None:
    user_sec, system_sec, *_ = usage()
    sum(range(3_000_000))
    assert sum(usage()[:2]) > user_sec + system_sec
