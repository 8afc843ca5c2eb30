"""The process that sets a PDF: it may die, hang, say nothing but nonsense, or never stop."""

import sys
import time
import tracemalloc

import pytest

from forepost.controller.reports.document import Headline, ReportDocument
from forepost.controller.reports.pdf import Typesetter
from forepost.kit.errors import Unavailable

pytestmark = pytest.mark.anyio
DOCUMENT = ReportDocument(
    title="t",
    subtitle="s",
    period="p",
    generated="g",
    headlines=[Headline("a", "b")],
    tables=[],
)
WELL = "import sys; sys.stdin.read(); sys.stdout.write('%PDF-1.7 ... %%EOF\\n')"


def child(code: str, longest_sec: float = 5.0) -> Typesetter:
    return Typesetter(longest_sec, (sys.executable, "-I", "-c", code))


async def test_what_is_well_is_given_back() -> None:
    assert await child(WELL).set(DOCUMENT) == b"%PDF-1.7 ... %%EOF\n"
    assert (await Typesetter().set(DOCUMENT)).startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os; os.kill(os.getpid(), 9)", "ended with status -9"),
        ("raise SystemExit(3)", "ended with status 3"),
        ("print('<html>')", "what was made is none"),
        ("print('%PDF-1.7 and then it stopped')", "what was made is none"),
        ("import os; os.close(0); os.close(1); os.close(2); os._exit(0)", "what was made is none"),
        ("import time; time.sleep(60)", "took too long"),
        ("import os, time; os.close(0); os.close(1); os.close(2); time.sleep(60)", "took too long"),
    ],
)
async def test_what_is_no_pdf_is_refused(code: str, words: str) -> None:
    longest_sec = 0.7 if "sleep" in code else 5.0
    with pytest.raises(Unavailable, match=f"^PDF: {words}.*HTML is there"):
        await child(code, longest_sec).set(DOCUMENT)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
async def test_who_never_stops_is_stopped(stream: str) -> None:
    code = f"import sys\nwhile True: sys.{stream}.write('%PDF' * 100_000)"
    tracemalloc.start()
    try:
        started = time.monotonic()
        with pytest.raises(Unavailable, match="PDF: has more than 16 MiB; HTML is there"):
            await child(code, 30.0).set(DOCUMENT)
        assert time.monotonic() - started < 10
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()
