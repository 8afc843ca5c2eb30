"""The program that is shipped is the one that its source gives."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[3]
CAPTURE = ROOT / "src/forepost/agent/edges/capture"


def test_it_is_built_again_and_compared() -> None:
    """Needs Debian's clang (14 in bookworm): another one may choose other instructions."""
    build = runpy.run_path(str(ROOT / "tools/build_bpf.py"))["build"]
    assert build(CAPTURE / "flow.bpf.c") == (CAPTURE / "flow.bpf.json").read_text(), "run: make bpf"
