"""`python -m tests.fuzz [--seconds N] [NAME]…`: each target under atheris, for a minute by itself.

Coverage-guided, so it goes deeper than `test_targets.py`, and it never ends by itself. What it
finds is written to `.fuzz/NAME/` and named; exit status 1 where it found something.
"""

import argparse
import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
FOUND: Final = ROOT / ".fuzz"
HANG_SEC: Final = 5
MOST_MIB: Final = 2_048
INSTRUMENTED: Final = ("forepost", "asn1crypto", "dns", "h11", "pyasn1", "pysnmp")
CHILD: Final = "FOREPOST_FUZZ_TARGET"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seconds", type=int, default=60)
    asked = parser.parse_args()
    known = list(importlib.import_module("tests.fuzz.targets").TARGETS)
    if unknown := set(asked.names) - set(known):
        parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    failed = [name for name in asked.names or known if _run(name, asked.seconds)]
    print(f"found something: {', '.join(failed)}" if failed else "found nothing")
    return 1 if failed else 0


def _run(name: str, seconds: int) -> int:
    folder = FOUND / name
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    target = importlib.import_module("tests.fuzz.targets").TARGETS[name]
    for number, example in enumerate(target.examples):
        (corpus / f"example-{number}").write_bytes(example)
    command = [sys.executable, "-m", "tests.fuzz", str(corpus), f"-max_total_time={seconds}"]
    command += [f"-timeout={HANG_SEC}", f"-rss_limit_mb={MOST_MIB}", f"-max_len={target.largest}"]
    command += [f"-artifact_prefix={folder}/"]
    log = folder / "log"
    with log.open("w") as out:
        env = os.environ | {CHILD: name}
        status = subprocess.run(
            command, cwd=ROOT, env=env, stdout=out, stderr=out, check=False
        ).returncode
    lines = log.read_text(errors="replace").splitlines()
    last = [line for line in lines if line.startswith(("Done ", "SUMMARY", "=="))]
    print(f"{name}: exit {status}; {last[-1] if last else f'see {log}'}", flush=True)
    return status


def fuzz(name: str) -> None:
    """The child: hands itself over to libFuzzer, which takes the arguments."""
    atheris = importlib.import_module("atheris")
    with atheris.instrument_imports(include=list(INSTRUMENTED)):
        target = importlib.import_module("tests.fuzz.targets").TARGETS[name]
    atheris.Setup(sys.argv, target.take)
    atheris.Fuzz()


if __name__ == "__main__":
    if CHILD in os.environ:
        fuzz(os.environ[CHILD])
    else:
        sys.exit(main())
