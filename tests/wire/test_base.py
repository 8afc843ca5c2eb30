from typing import Annotated

import msgspec
import pytest
from msgspec import UNSET, Meta, UnsetType

from forepost.wire.base import Wire, complaint, patched


class Inner(Wire, frozen=True):
    port: Annotated[int, Meta(ge=1)]


class Thing(Wire, frozen=True):
    name: str
    count: Annotated[int, Meta(ge=1, le=9)] = 1
    inner: Inner | None = None


class Patch(Wire, frozen=True):
    name: str | UnsetType = UNSET
    inner: Inner | UnsetType | None = UNSET


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"name":"x","count":0}', "count: expected `int` >= 1"),
        (b'{"name":1}', "name: expected `str`, got `int`"),
        (b'{"name":"x","inner":{"port":0}}', "inner.port: expected `int` >= 1"),
        (b"{}", "body: object missing required field `name`"),
    ],
)
def test_a_complaint_names_the_field_and_the_reason(body: bytes, text: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.json.decode(body, type=Thing)
    assert complaint(caught.value) == text


def test_a_patch_has_holes() -> None:
    old = Thing(name="a", count=3, inner=Inner(port=5))
    assert patched(old, Patch()) == old
    assert patched(old, Patch(name="b")) == Thing(name="b", count=3, inner=Inner(port=5))
    assert patched(old, Patch(inner=None)) == Thing(name="a", count=3)
