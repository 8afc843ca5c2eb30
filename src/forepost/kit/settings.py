"""Reads one TOML file into one Struct, with the environment laid over it."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

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
        except OSError as error:
            raise WrongSettings(f"{path}: {error.strerror or error}") from None
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise WrongSettings(f"{path}: {error}") from None
    known = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    for name, value in env.items():
        section, found, key = name.removeprefix(PREFIX).lower().partition("__")
        if name.startswith(PREFIX) and found and section in known:
            document.setdefault(section, {})[key] = _value(value)
    try:
        return msgspec.convert(document, kind, strict=False)
    except msgspec.ValidationError as error:
        raise WrongSettings(f"{where}: {_in_words(complaint(error, kind), kind)}") from None


def _in_words(said: str, kind: type[msgspec.Struct]) -> str:
    """Key and reason, without patterns; with what is allowed where the values can be named."""
    place, _, reason = said.partition(": ")
    section, _, name = place.partition(".")
    fields = get_type_hints(get_type_hints(kind).get(section, object), include_extras=True)
    key, found, rest = reason.partition(": ")
    if not name and found and key in fields:
        return f"{section}.{key}: {rest}"  # a section that looks at its own keys
    wanted = fields.get(name)
    if get_origin(wanted) is Literal and reason.startswith("invalid enum value"):
        return f"{place}: {reason}: it is one of {', '.join(map(str, get_args(wanted)))}"
    for meta in getattr(wanted, "__metadata__", ()):
        if "regex" in reason and meta.description:
            return f"{place}: is not {meta.description}"
    return said


def _value(text: str) -> Any:
    if text[:1] not in ("[", "{"):
        return text
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
