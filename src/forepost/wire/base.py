"""How everything on a wire is spelled."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, TypeVar

import msgspec
from msgspec import UNSET, Meta

from forepost.wire.allowed import with_allowed

S = TypeVar("S", bound=msgspec.Struct)

MOST_ID: Final = 2**31 - 1
"""What an id can be in every database."""
Id = Annotated[int, Meta(ge=1, le=MOST_ID)]
IdOrZero = Annotated[int, Meta(ge=0, le=MOST_ID)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=4000)]
ExternalId = Annotated[str, Meta(max_length=200)]
"""What somebody else's document calls an object; unique in its workspace unless empty."""
Json = dict[str, Any]
"""What a user keeps with an object (labels, metadata, settings); forepost does not look inside."""

NEVER = datetime(1, 1, 1, tzinfo=UTC)
"""How NetWatcher writes "never": 0001-01-01T00:00:00Z."""


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """snake_case; tolerant of fields from a newer peer."""


def patched(old: S, patch: msgspec.Struct) -> S:
    """Return `old` with the fields that `patch` names; a field left UNSET stays as it was."""
    named = {f: v for f in patch.__struct_fields__ if (v := getattr(patch, f)) is not UNSET}
    return msgspec.structs.replace(old, **named)


def complaint(error: msgspec.ValidationError, kind: Any = None) -> str:
    """Turn msgspec's "Expected `int` >= 1 - at `$.count`" into "count: expected `int` >= 1".

    `kind`: the type that was read; where a value is none of a list, the list is told by it.
    """
    text, _, path = str(error).partition(" - at `$")
    reason = with_allowed(text[:1].lower() + text[1:], kind, path)
    field = path.rstrip("`").lstrip(".")
    return f"{field}: {reason}" if field else f"body: {reason}"
