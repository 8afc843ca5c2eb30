"""Members of a workspace and invitations to it, as REST has them."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from forepost.wire.base import Id, IdOrZero, Json, Wire
from forepost.wire.rest.bodies import Email, GivenRole, Password, Role, User
from forepost.wire.rest.derived import Derived


class NewMember(Wire, frozen=True, kw_only=True):
    """Body of `POST .../members`: whom to invite, by e-mail or, who shares a workspace, by id."""

    user_id: IdOrZero = msgspec.field(name="userId", default=0)
    email: Annotated[str, Meta(max_length=254)] = ""
    role: GivenRole = "USER"
    meta: Json = {}


class MemberPatch(Wire, frozen=True, kw_only=True):
    role: GivenRole


class Member(Wire, frozen=True, kw_only=True):
    """`accepted_at` null: invited, and not yet a member; `user_id` is 0 then."""

    id: int
    workspace_id: int
    user_id: int
    email: str
    name: str
    role: Role
    meta: Json = {}
    created_at: datetime
    updated_at: datetime
    invited_at: datetime | None = None
    accepted_at: datetime | None = None
    invite_expires_at: datetime | None = None
    invite_email_sent: bool | UnsetType = UNSET
    invite_token: str | UnsetType = UNSET
    """Of a new invitation that was not mailed, shown this once: what its link ends with."""
    ended: list[Derived] | UnsetType = UNSET
    """Only where the role was changed: what the member made and could not make any more."""
    kept: list[Derived] | UnsetType = UNSET


class AcceptInvite(Wire, frozen=True, kw_only=True):
    """The address that the invitation is for: it must be the caller's own."""

    email: Email


class TransferOwnership(Wire, frozen=True, kw_only=True):
    new_owner_user_id: Id = msgspec.field(name="newOwnerUserId")


class Invitation(Wire, frozen=True, kw_only=True):
    """What the holder of its token may know of an invitation."""

    workspace_id: int
    workspace_name: str
    email: str
    role: Role
    expires_at: datetime
    has_account: bool
    """Whether the address has an account (with a token that was mailed: one that is proven): then
    it is accepted by logging in.
    """


class PendingInvitation(Wire, frozen=True, kw_only=True):
    """One that its account can accept."""

    id: int
    workspace_id: int
    workspace_name: str
    email: str
    role: Role
    invited_by: str
    """The address of whoever did."""
    expires_at: datetime


class CompleteInvite(Wire, frozen=True, kw_only=True):
    """Body of `POST /invite/{token}/complete`: an account for the invited address."""

    name: Annotated[str, Meta(max_length=200)] = ""
    password: Password


class Joined(Wire, frozen=True, kw_only=True):
    """A new account, logged in, that is a member of the workspace it was invited to."""

    token: str
    user: User
    member: Member
    workspace_id: int
