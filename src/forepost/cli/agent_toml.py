"""agent.toml as `join` and `up` write it: what somebody else wrote in it stays."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from forepost.kit import files

Value = str | int | bool
OURS: Final = {
    "node": {"state_dir"},
    "uplink": {"url", "workspace_id", "agent_id", "pin", "allow_plain", "pin_sha256", "ca_file"},
}
"""What is written or removed."""
_HEADER: Final = re.compile(r"\s*\[\s*(\w+)\s*\]\s*(#.*)?")
_KEY: Final = re.compile(r"\s*(\w+)\s*=")


class CannotEdit(Exception):
    """The file is not as an editor of lines understands it; the text says what to do."""


def planned(
    path: Path,
    url: str,
    workspace: int,
    agent: int,
    state_dir: Path,
    more: Mapping[str, str | bool],
) -> str:
    """What is to stand in the file; `more`: further settings of `[uplink]`. Raises CannotEdit,
    OSError.
    """
    said: dict[str, dict[str, Value]] = {
        "node": {"state_dir": str(state_dir)},
        "uplink": {"url": url, "workspace_id": workspace, "agent_id": agent, **more},
    }
    try:
        before = path.read_text()
    except FileNotFoundError:
        before = ""
    except UnicodeDecodeError as error:
        raise CannotEdit(f"{path}: {error}") from None
    return edited(before, said, str(path))


def write(path: Path, text: str) -> None:
    """Raises OSError."""
    files.replace(path, text.encode(), mode=0o600)


def edited(before: str, said: Mapping[str, Mapping[str, Value]], name: str) -> str:
    """Raises CannotEdit. Comments and all that is not ours stay."""
    lines: list[str] = []
    missing = {section: dict(keys) for section, keys in said.items()}
    section = ""
    for line in before.splitlines():
        header = _HEADER.fullmatch(line)
        if header or line.lstrip().startswith("["):
            section = header[1] if header else ""
            lines.append(line)
            if keys := missing.pop(section, None):
                lines += [f"{key} = {_toml(value)}" for key, value in keys.items()]
            continue
        key = _KEY.match(line)
        if not (key and key[1] in {*OURS.get(section, ()), *said.get(section, ())}):
            lines.append(line)
    for section, keys in missing.items():
        if lines and lines[-1]:
            lines.append("")
        lines += [f"[{section}]", *(f"{key} = {_toml(value)}" for key, value in keys.items())]
    text = "\n".join(lines) + "\n"
    try:
        old, new = tomllib.loads(before), tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise CannotEdit(f"{name}: {error}: mend it, or move it away") from None
    if any(new.get(section) != {**_others(old, section), **keys} for section, keys in said.items()):
        raise CannotEdit(
            f"{name} is written in a way that cannot be changed here: move it away, and bring back"
            " afterwards what is yours in it"
        )
    if {**old, **{s: new[s] for s in said}} != new:
        raise CannotEdit(f"{name} cannot be changed without losing what is in it: move it away")
    return text


def _others(document: Mapping[str, Any], section: str) -> dict[str, Any]:
    found = document.get(section, {})
    if not isinstance(found, dict):
        return {}
    return {key: value for key, value in found.items() if key not in OURS[section]}


def _toml(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return _quoted(value) if isinstance(value, str) else str(value)


def _quoted(text: str) -> str:
    """A TOML basic string."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
