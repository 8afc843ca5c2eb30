"""Reads one TOML file into one Struct, with the environment laid over it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from forepost.wire.base import complaint

S = TypeVar("S", bound=msgspec.Struct)
PREFIX = "FOREPOST_"


class WrongSettings(ValueError):
    """The settings cannot be used; the text names file, key and reason."""


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a settings file. A key that it does not know is refused: it is a typing error."""


def load(path: Path | None, kind: type[S], env: Mapping[str, str]) -> S:
    """Decode `path` (none: no file) with `FOREPOST_SECTION__KEY` of `env` over it.

    Lists and tables in the environment are JSON. Raises WrongSettings.
    """
    document: dict[str, Any] = {}
    where = str(path) if path else "environment"
    if path is not None:
        try:
            document = tomllib.loads(path.read_text())
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise WrongSettings(f"{path}: {error}") from None
    known = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for name, value in env.items():
        section, found, key = name.removeprefix(PREFIX).lower().partition("__")
        if name.startswith(PREFIX) and found and section in known:
            document.setdefault(section, {})[key] = _value(value)
    try:
        return msgspec.convert(document, kind, strict=False)
    except msgspec.ValidationError as error:
        raise WrongSettings(f"{where}: {complaint(error)}") from None


def _value(text: str) -> Any:
    if text[:1] not in ("[", "{"):
        return text
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
