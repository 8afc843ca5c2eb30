"""What the tree promises."""

import ast
import builtins
import re
import subprocess
import tomllib
from collections import defaultdict
from collections.abc import Container
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONGEST = 400
WRITTEN = {ROOT / "panel/src/wire.ts", ROOT / "panel/src/fields.ts"}
"""By a program, from something that is shorter."""
HALVES = ("agent", "cli", "controller", "kit", "wire")
NO_GERUNDS = {"ping", "ranking", "ring"}
"""File names that end in -ing and are nouns."""
FURNITURE = {
    "Asked", "Begun", "Board", "Desk", "Door", "Found", "Heard", "Kept", "Known", "Said", "Seen",
    "Told",
}  # fmt: skip
"""The field has a word for each of these (CONTRIBUTING, "Names")."""
FOREIGN = {
    "BrokenResourceError", "ClosedResourceError", "InvalidHandshake", "SMTPConnectError", "SMTPException",
    "SSLCertVerificationError",
    "UnsupportedAlgorithm", "ValidationError",
}  # fmt: skip
"""What libraries raise, as docstrings name it."""
NO_FILES = {"base_utils", "common", "helpers", "managers", "misc", "util", "utils"}
ELSEWHERE = {"fakes", "fuzz", "lab", "promises", "seeds", "whole"}


def tracked(*patterns: str) -> list[Path]:
    """Files of the repository, also those that are not committed yet."""
    found = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in found.stdout.split("\n") if name and (ROOT / name).exists()]


def test_no_file_is_longer_than_400_lines() -> None:
    sources = [one for one in tracked("*.py", "*.ts", "*.svelte", "*.css") if one not in WRITTEN]
    assert len(sources) > 100
    long = {str(p.relative_to(ROOT)): n for p in sources if (n := len(lines(p))) > LONGEST}
    assert long == {}


def test_tests_mirror_sources() -> None:
    for folder in (p for p in (ROOT / "tests").rglob("*") if p.is_dir()):
        part = folder.relative_to(ROOT / "tests")
        if (
            part.parts[0] in ELSEWHERE
            or "__pycache__" in part.parts
            or part.parts[0] == "screenshots"
        ):
            continue
        assert (ROOT / "src/forepost" / part).is_dir(), f"tests/{part} tests nothing"


def test_no_empty_folders_or_stand_ins() -> None:
    for path in tracked("src/*.py"):
        text = path.read_text()
        found = re.search(r"NotImplementedError|TODO|FIXME|XXX|unittest\.mock", text)
        assert found is None, path


def test_locks_and_settings_name_no_registry() -> None:
    for path in tracked("*.lock", "*package-lock.json", "*.npmrc"):
        text = path.read_text()
        assert not re.search(r"://|registry=|\"resolved\"", text), path


def test_every_dependency_has_its_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["controller"],
        *project["dependency-groups"]["build"],
        *project["dependency-groups"]["dev"],
    ]
    lines_of = set(
        re.findall(r"^\| ([\w@/.-]+) \|", (ROOT / "docs/dependencies.md").read_text(), re.MULTILINE)
    )
    names = {re.split(r"[\[><=]", name)[0] for name in wanted}
    import json

    panel = json.loads((ROOT / "panel/package.json").read_text())
    names |= set(panel.get("dependencies", {})) | set(panel.get("devDependencies", {}))
    assert names <= lines_of, f"without a line: {sorted(names - lines_of)}"


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def test_no_two_test_modules_have_one_name() -> None:
    """Pytest would find out only where both are collected in one run."""
    names = [path.name for path in tracked("tests/**/test_*.py")]
    assert len(names) > 100
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


@pytest.mark.parametrize("half", HALVES)
def test_a_public_class_name_is_unique_in_its_half_and_a_word_of_the_field(half: str) -> None:
    where: dict[str, list[str]] = defaultdict(list)
    for path in tracked(f"src/forepost/{half}/*.py"):
        for one in ast.parse(path.read_text()).body:
            if isinstance(one, ast.ClassDef) and not one.name.startswith("_"):
                where[one.name].append(str(path.relative_to(ROOT)))
    assert len(where) > 20
    assert {name: paths for name, paths in where.items() if len(set(paths)) > 1} == {}
    assert FURNITURE.isdisjoint(where)


def test_a_file_is_named_by_a_noun() -> None:
    names = {path.stem: path for path in tracked("src/*.py")}
    assert len(names) > 300
    gerunds = {name for name in names if re.fullmatch(r"\w*ing", name)}
    assert gerunds - NO_GERUNDS == set()
    assert NO_FILES.isdisjoint(names)


def test_nothing_pure_lives_among_the_edges() -> None:
    edges = tracked("src/forepost/agent/edges/*.py")
    assert len(edges) > 30
    pure = [
        path for path in edges if "Pure." in (ast.get_docstring(ast.parse(path.read_text())) or "")
    ]
    assert pure == []


def test_what_a_docstring_says_is_raised_is_a_class_that_there_is() -> None:
    """Renaming a class leaves the name in prose behind."""
    trees = {path: ast.parse(path.read_text()) for path in tracked("src/*.py")}
    classes = {
        one.name
        for tree in trees.values()
        for one in ast.walk(tree)
        if isinstance(one, ast.ClassDef)
    }
    found = 0
    unknown: list[str] = []
    for path, tree in trees.items():
        for one in ast.walk(tree):
            if not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant)):
                continue
            for clause in re.findall(r"Raises ([^.\n]*(?:\n[^.\n]*)?)\.", str(one.value.value)):
                names = set(re.findall(r"\b[A-Z]+[a-z]\w*", clause))
                found += len(names)
                known = classes | set(dir(builtins)) | FOREIGN
                unknown += [f"{path.name}:{one.lineno}: {name}" for name in names - known]
    assert found > 100
    assert unknown == []


def test_every_protocol_says_what_it_is_and_what_each_member_does() -> None:
    """But for plain figures (properties), where the Protocol says what they are."""
    found = 0
    silent: list[str] = []
    for path in tracked("src/*.py"):
        for one in ast.parse(path.read_text()).body:
            if not (isinstance(one, ast.ClassDef) and "Protocol" in map(_name, one.bases)):
                continue
            found += 1
            silent += [f"{path.name}: {one.name}"] * (ast.get_docstring(one) is None)
            silent += [
                f"{path.name}: {one.name}.{member.name}"
                for member in one.body
                if isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef)
                and "property" not in map(_name, member.decorator_list)
                and ast.get_docstring(member) is None
            ]
    assert found > 40
    assert silent == []


def _name(node: ast.expr) -> str:
    node = node.value if isinstance(node, ast.Subscript) else node
    return node.id if isinstance(node, ast.Name) else ""


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Also where an import is lazy: what two files need of each other is a third one."""
    modules = {_module(path): path for path in tracked("src/*.py")}
    imports = {name: _imported(path, modules) - {name} for name, path in modules.items()}
    assert len(imports) > 400
    while ends := [name for name, needs in imports.items() if not needs]:
        for name in ends:
            del imports[name]
        for needs in imports.values():
            needs.difference_update(ends)
    # What is left are circles, and those who import one.
    assert sorted(imports) == []


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT / "src").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(path: Path, modules: Container[str]) -> set[str]:
    found: set[str] = set()
    for one in ast.walk(ast.parse(path.read_text())):
        if isinstance(one, ast.ImportFrom) and one.module and one.module in modules:
            for alias in one.names:
                name = f"{one.module}.{alias.name}"
                found.add(name if name in modules else one.module)
    return found
