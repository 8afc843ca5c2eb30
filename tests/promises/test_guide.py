"""Each everyday task of the panel has its part of the guide, with a picture that there is."""

import re
from pathlib import Path
from typing import Final

import pytest

from tools.guide_pictures import GUIDE

ROOT: Final = Path(__file__).parents[2]
PICTURES: Final = ROOT / "docs/pictures"
TASKS: Final = (ROOT / "tests/whole/tasks.md").read_text()
TEXT: Final = (ROOT / "docs/panel.md").read_text()
MOST_BYTES: Final = 100_000
LEAST_TASKS: Final = 20


def anchor(heading: str) -> str:
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


PARTS: Final = {
    anchor(heading): body for heading, body in re.findall(r"## (.+)\n((?:(?!## ).*\n?)*)", TEXT)
}
SHOWN: Final = re.findall(
    r"\]\((?:docs/)?pictures/([^)]+)\)", TEXT + (ROOT / "README.md").read_text()
)


def test_each_task_has_its_part_of_the_guide_with_a_picture() -> None:
    rows = [row for row in TASKS.splitlines() if row.startswith("| ")][2:]
    found = [re.findall(r"docs/panel\.md#([a-z0-9-]+)", row) for row in rows]
    assert len(found) >= LEAST_TASKS
    assert [row for row, anchors in zip(rows, found, strict=True) if not anchors] == []
    for part in (one for anchors in found for one in anchors):
        assert "](pictures/" in PARTS.get(part, ""), part


@pytest.mark.parametrize("name", sorted(set(SHOWN)))
def test_a_picture_is_there_and_small(name: str) -> None:
    assert (PICTURES / name).stat().st_size < MOST_BYTES
    assert name.removesuffix(".webp") in GUIDE


def test_no_picture_is_kept_that_nobody_sees() -> None:
    assert {one.name for one in PICTURES.iterdir()} == set(SHOWN)
    assert {f"{name}.webp" for name in GUIDE} == set(SHOWN)
