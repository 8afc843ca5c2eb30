"""What somebody made that lets others in, as answers about its end name it."""

from typing import Literal

from msgspec import UNSET, UnsetType

from forepost.wire.base import Wire
from forepost.wire.rest.bodies import Role

Kind = Literal["api-key", "pin", "share-link", "invitation", "agent", "member", "account"]


class Derived(Wire, frozen=True, kw_only=True):
    kind: Kind
    id: int
    name: str
    """The key's own; the agent's of a PIN or link; the address of an invitation or member."""
    role: Role | UnsetType = UNSET
    """Of a key, an invitation or a member: what it gives at most."""


class Ended(Wire, frozen=True, kw_only=True):
    """It is done; what ended with it, and what that person made goes on."""

    ok: bool = True
    ended: list[Derived] | UnsetType = UNSET
    kept: list[Derived] | UnsetType = UNSET
