"""Bodies about who may come in and who did what: sessions, API keys, the audit log."""

from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from forepost.wire.base import Name, Wire
from forepost.wire.rest.bodies import GivenRole, Password
from forepost.wire.rest.derived import Derived


class AuthConfig(Wire, frozen=True, kw_only=True):
    """What a panel must know before anybody has logged in."""

    registration_enabled: bool
    email_verification_required: bool = False
    password_reset_enabled: bool = False
    """A lost password can be replaced by a link in a mail."""


class OpenSession(Wire, frozen=True, kw_only=True):
    """One login of the caller's that has not ended."""

    id: int
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime
    """Exact to about a minute."""
    address: str
    """Seen last."""
    user_agent: str
    current: bool
    """It is the session of this very request."""


class PasswordChange(Wire, frozen=True, kw_only=True):
    old_password: Annotated[str, Meta(max_length=1_000)]
    new_password: Password
    keep_derived: bool = False
    """API keys, PINs, share links and invitations of the account go on."""


class PasswordChanged(Wire, frozen=True, kw_only=True):
    """All sessions of the account have ended; `token` is of a new one."""

    success: bool = True
    token: str
    ended: list[Derived] | UnsetType = UNSET
    """What else ended."""


class LostPassword(Wire, frozen=True, kw_only=True):
    email: Annotated[str, Meta(max_length=254)]


class PasswordReset(Wire, frozen=True, kw_only=True):
    token: Annotated[str, Meta(max_length=1_000)]
    """Of the link in the mail."""
    password: Password
    keep_derived: bool = False
    """API keys, PINs, share links and invitations of the account go on."""


class ResetState(Wire, frozen=True, kw_only=True):
    """Whether a link can still be used for another password."""

    valid: bool
    reason: str | UnsetType = UNSET
    """`invalid`: it is not known, was used, or has ended."""


class AddressProof(Wire, frozen=True, kw_only=True):
    token: Annotated[str, Meta(max_length=1_000)]
    """Of the mail."""


class MailOutcome(Wire, frozen=True, kw_only=True):
    success: bool = True
    message: str


Code = Annotated[str, Meta(min_length=1, max_length=64)]
"""Six digits, or a recovery code."""


class YourPassword(Wire, frozen=True, kw_only=True):
    password: Annotated[str, Meta(max_length=1_000)]


class SecondFactorCode(Wire, frozen=True, kw_only=True):
    code: Code


class SecondFactorEnd(Wire, frozen=True, kw_only=True):
    password: Annotated[str, Meta(max_length=1_000)]
    code: Code


class SecondFactorState(Wire, frozen=True, kw_only=True):
    enabled: bool
    recovery_codes_left: int


class NewSecondFactor(Wire, frozen=True, kw_only=True):
    """Shown once. It does not count until a code of it is confirmed."""

    secret: str
    """Base32, to be typed."""
    otpauth_url: str
    """The same for a QR code."""


class RecoveryCodes(Wire, frozen=True, kw_only=True):
    """Shown once; each is good once, instead of a code."""

    recovery_codes: list[str]


Scope = Annotated[str, Meta(min_length=1, max_length=64)]


class NewApiKey(Wire, frozen=True, kw_only=True):
    name: Name
    role: GivenRole = "VIEWER"
    scopes: Annotated[list[Scope], Meta(max_length=64)] = []
    """Subjects (the tags of the API's routes); none: all of them."""
    expires_at: datetime | None = None


class ApiKeyPatch(Wire, frozen=True, kw_only=True):
    name: Name | UnsetType = UNSET
    expires_at: datetime | UnsetType | None = UNSET


class ApiKey(Wire, frozen=True, kw_only=True):
    id: int
    workspace_id: int
    name: str
    role: GivenRole
    scopes: list[str]
    created_by: int
    """The account in whose name it acts."""
    expires_at: datetime | None
    last_used_at: datetime | None
    """Exact to about a minute."""
    last_address: str
    created_at: datetime
    updated_at: datetime


class ApiKeyWithSecret(Wire, frozen=True, kw_only=True):
    """The only answer that shows the secret: `fpk_<id>_<43 characters>`."""

    api_key: ApiKey
    secret: str


class AuditRow(Wire, frozen=True, kw_only=True):
    """One request that changed something, or a login or PIN that was refused."""

    id: int
    at: datetime
    workspace_id: int | None
    user_id: int | None
    api_key_id: int | None
    agent_id: int | None
    actor: str
    """The person's e-mail address, the key's name or the agent's, as it was then."""
    action: str
    object_kind: str
    object_id: int | None
    address: str
    status: int
    detail: str = ""
    """What it was about beyond its object, such as the hashes of a job's scripts."""
