"""What every object of the document of `forepost apply` has."""

from typing import Annotated

from msgspec import Meta

from forepost.wire.base import Wire

Key = Annotated[str, Meta(min_length=1, max_length=200)]
"""The author's name of an object, once for its kind."""


class Item(Wire, frozen=True, kw_only=True, forbid_unknown_fields=True):
    id: Key
