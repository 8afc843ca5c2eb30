"""What the documents must name, they name."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from forepost.agent.settings import Settings as AgentSettings
from forepost.agent.workloads.local_api.option import BY_KEY
from forepost.agent.workloads.local_api.routes import ROUTES
from forepost.controller.settings import Settings as ControllerSettings
from forepost.controller.web.netwatcher.table import TABLE
from forepost.wire.jobs.agent_api import AgentApiState, ApiClient, ApiServer, JobRun, RunStatus
from tests.seeds.test_iofog import INFO, KEYS, STATUS

ROOT = Path(__file__).parents[2]
OPERATING = (ROOT / "docs/operating.md").read_text()


def test_the_openapi_document_is_what_is_served() -> None:
    made = subprocess.run(
        [sys.executable, "docs/api/write.py"], cwd=ROOT, capture_output=True, check=True
    )
    assert made.stdout == (ROOT / "docs/api/openapi.json").read_bytes(), "run: make docs"


def test_every_setting_is_described() -> None:
    for settings in (AgentSettings, ControllerSettings):
        for section in msgspec.structs.fields(settings):
            for key in msgspec.structs.fields(section.type):
                assert f"`{section.name}.{key.name}`" in OPERATING, f"{section.name}.{key.name}"


def test_every_metric_is_described() -> None:
    joins = (ROOT / "src/forepost/controller/joins").glob("*.py")
    source = "".join(path.read_text() for path in joins)
    found = re.findall(r'Figure\(\s*"(total|gauge)",\s*"(\w+)"', source)
    assert len(found) == source.count("Figure(\n")
    for kind, name in found:
        assert f"`{name}{'_total' if kind == 'total' else ''}`" in OPERATING


def test_every_page_of_the_panel_has_its_address_described() -> None:
    source = (ROOT / "panel/src/pages.ts").read_text()
    pages = {re.sub(r":\w+", "*", path) for path in re.findall(r"path: '([^']+)'", source)}
    described = {
        re.sub(r"\b[A-Z]+\b", "*", path) for path in re.findall(r"`(/w/[^`]+)`", OPERATING)
    }
    assert len(pages) > 5
    assert pages == described


def test_every_verb_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    source = (ROOT / "src/forepost/cli/main.py").read_text()
    verbs = [*re.findall(r'app\.command\("[\w.]+:(\w+)"', source), "version"]
    assert len(verbs) == 32
    for verb in verbs:
        assert f"`forepost {verb}" in readme
    first_screen = "\n".join(readme.splitlines()[:20])
    assert "make run" in first_screen
    assert "make test" in first_screen


def test_every_link_leads_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("seed", ["iofog", "netify", "netwatcher", "resilio"])
def test_every_test_named_for_the_seed_exists(seed: str) -> None:
    """And every example that is replayed is named."""
    source = "".join(
        path.read_text() for path in sorted((ROOT / "tests/seeds").glob(f"test_{seed}*.py"))
    )
    named = set(re.findall(r"`(test_\w+)`", (ROOT / f"docs/seeds/{seed}.md").read_text()))
    assert named
    assert named == set(re.findall(r"^def (test_\w+)", source, re.MULTILINE))


def test_every_address_key_and_op_code_of_iofog_is_listed() -> None:
    text = (ROOT / "docs/seeds/iofog.md").read_text()
    for path in ROUTES:
        assert path in text, path
    for key in {*STATUS, *INFO, *KEYS, *BY_KEY} - {"ready-to-upgrade-scan-frequency"}:
        assert f"`{key}`" in text, key
    for code in ("9 ", "10 ", "11 ", "12 ", "13 ", "14 ", "15,"):
        assert re.search(rf"op codes? (\d+ [^|]*)?{code}", text), code


def test_every_field_and_status_of_resilio_is_listed() -> None:
    text = (ROOT / "docs/seeds/resilio.md").read_text()
    fields = [
        one.encode_name
        for kind in (ApiClient, ApiServer, JobRun)
        for one in msgspec.structs.fields(kind)
    ]
    for word in (*fields, *get_args(RunStatus), *get_args(AgentApiState)):
        assert f"`{word}`" in text, word
    for test in re.findall(r"`(tests/[\w/]+\.py)`", text):
        assert (ROOT / test).exists(), test
    for file, test in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text):
        assert f"def {test}(" in (ROOT / file).read_text(), test


def test_every_promise_of_security_names_tests_that_are_there() -> None:
    text = (ROOT / "docs/security.md").read_text().partition("### Beside others")[0]
    rows = [line for line in text.splitlines() if line.startswith("| ")][2:]
    assert len(rows) > 20
    for row in rows:
        tests = re.findall(r"`(tests/[\w/]+\.py)`", row)
        assert tests, f"no test: {row}"
        for test in tests:
            assert "def test_" in (ROOT / test).read_text(), test


def test_every_difference_of_the_second_voice_is_told() -> None:
    text = (ROOT / "docs/clients.md").read_text()
    for row in TABLE:
        assert f"`{row.on}`".replace("|", "\\|") in text, row.on
    for name in re.findall(r"`(tests/[\w/]+\.py)`", text):
        assert (ROOT / name).exists(), name
    for name in re.findall(r"`(test_\w+)`", text):
        assert any(f"def {name}(" in path.read_text() for path in ROOT.glob("tests/**/*.py")), name
    sdk = json.loads((ROOT / "tests/whole/iofog_sdk/package.json").read_text())["dependencies"]
    for name, version in sdk.items():
        assert f"`{name}` {version}" in text
