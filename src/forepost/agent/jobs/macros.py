"""What macros in the path of a job stand for. Pure."""

import re
from collections.abc import Mapping
from typing import Final

_MACRO: Final = re.compile(r"%([A-Z0-9_]+)%")
DOWNLOADS: Final = "Downloads"


class WrongPath(ValueError):
    """The text names the reason."""


def macros(home: str, folders_storage: str, tags: Mapping[str, str]) -> dict[str, str]:
    """Return what each name between two % stands for; a tag does not hide what is ours."""
    found = {**tags, "HOME": home, "USERPROFILE": home, "DOWNLOADS": f"{home}/{DOWNLOADS}"}
    if folders_storage:
        found["FOLDERS_STORAGE"] = folders_storage
    return found


def filled_in(path: str, known: Mapping[str, str]) -> str:
    """Return the path itself, absolute and without `..`. Raises WrongPath."""

    def value(match: re.Match[str]) -> str:
        found = known.get(match[1])
        if found is None:
            raise WrongPath(f"path: this agent has no tag or macro {match[1]}")
        return found

    found = _MACRO.sub(value, path)
    if not found.startswith("/"):
        raise WrongPath(f"path: {found} is not absolute")
    if ".." in found.split("/") or "\0" in found:
        raise WrongPath(f"path: {found} leads elsewhere")
    return found.rstrip("/") or "/"
