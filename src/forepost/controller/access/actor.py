"""Who does what a request does: what the audit log is told."""

from typing import Any, Final

import msgspec

_ACTOR: Final = "forepost.actor"
_WORKSPACE: Final = "forepost.workspace"
_DETAIL: Final = "forepost.detail"


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    """A person's e-mail address, a key's name or an agent's, as it is now."""
    user_id: int | None = None
    api_key_id: int | None = None
    agent_id: int | None = None

    @property
    def signature(self) -> str:
        """What stands below what somebody wrote or did: a key is not taken for a person."""
        return f"key: {self.name}" if self.api_key_id is not None else self.name


def acts(scope: Any, actor: Actor) -> None:
    """Say who a request is from where the guard cannot know.

    From here on the request leaves its row in the audit log whether it succeeds or is refused.
    """
    scope[_ACTOR] = actor


def happened_in(scope: Any, workspace_id: int) -> None:
    """Say whose audit log a request belongs to, where the path names no workspace."""
    scope[_WORKSPACE] = workspace_id


def concerns(scope: Any, detail: str) -> None:
    """Say what a request is about beyond its object, in words for the audit log."""
    scope[_DETAIL] = detail


def detail_of(scope: Any) -> str:
    found: str = scope.get(_DETAIL, "")
    return found


def workspace_of(scope: Any) -> int | None:
    found: int | None = scope.get(_WORKSPACE)
    return found


def actor_of(scope: Any) -> Actor | None:
    found: Actor | None = scope.get(_ACTOR)
    return found
