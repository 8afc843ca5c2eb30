"""Routes of API keys. People only: a key that makes keys could make better ones."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from litestar import Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK
from msgspec import UNSET

from forepost.controller.access.credentials import KEY_PREFIX
from forepost.controller.access.guard import RANK, Caller, needs
from forepost.controller.access.tokens import new_api_key_secret, psk_sha256
from forepost.controller.keys.store import ApiKeys
from forepost.controller.page import Limit, Offset
from forepost.kit.clock import Clock
from forepost.kit.errors import Forbidden, Invalid
from forepost.wire.rest.access import ApiKey, ApiKeyPatch, ApiKeyWithSecret, NewApiKey
from forepost.wire.rest.bodies import Page
from forepost.wire.rest.derived import Ended

ALL: Final = "/workspaces/{workspace_id:int}/api-keys"
ONE: Final = ALL + "/{key_id:int}"


def routes(
    keys: ApiKeys,
    clock: Clock,
    scopes: Callable[[], frozenset[str]],
    changed: Callable[[int], None],
) -> Router:
    """`scopes`: the subjects that there are. `changed` is told the id of a key that changed."""

    def check_expiry(expires: datetime | None) -> None:
        if expires is None:
            return
        if expires.tzinfo is None:
            raise Invalid("expires_at: needs a time zone")
        if expires <= clock.now():
            raise Invalid("expires_at: is in the past")

    @get(ALL, opt=needs("ADMIN", person=True))
    async def list_keys(
        workspace_id: FromPath[int], limit: Limit = 50, offset: Offset = 0
    ) -> Page[ApiKey]:
        data, total = await keys.of(workspace_id, limit, offset)
        return Page(data=data, total=total, limit=limit, offset=offset)

    @post(ALL, opt=needs("ADMIN", person=True))
    async def add_key(
        caller: NamedDependency[Caller], workspace_id: FromPath[int], data: JSONBody[NewApiKey]
    ) -> ApiKeyWithSecret:
        """The secret is shown this once; `rotate` makes another."""
        if RANK[data.role] > RANK[caller.role]:
            raise Forbidden("a key cannot have more rights than its maker", data.role)
        unknown = sorted(set(data.scopes) - scopes())
        if unknown:
            known = ", ".join(sorted(scopes()))
            raise Invalid(f"scopes: {unknown[0]!r} is none of: {known}")
        check_expiry(data.expires_at)
        secret = new_api_key_secret()
        key = await keys.add(workspace_id, caller, data, psk_sha256(secret), clock.now())
        return _shown_once(key, secret)

    @get(ONE, opt=needs("ADMIN", person=True))
    async def get_key(workspace_id: FromPath[int], key_id: FromPath[int]) -> ApiKey:
        return await keys.get(workspace_id, key_id)

    @patch(ONE, opt=needs("ADMIN", person=True))
    async def change_key(
        workspace_id: FromPath[int], key_id: FromPath[int], data: JSONBody[ApiKeyPatch]
    ) -> ApiKey:
        """Name and end; what a key may do stays as it was made."""
        if data.expires_at is not UNSET:
            check_expiry(data.expires_at)
        key = await keys.change(workspace_id, key_id, data, clock.now())
        changed(key_id)
        return key

    @delete(ONE, opt=needs("ADMIN", person=True), status_code=HTTP_200_OK)
    async def delete_key(workspace_id: FromPath[int], key_id: FromPath[int]) -> Ended:
        """With the PINs, share links and invitations that were made with it."""
        ended = await keys.delete(workspace_id, key_id)
        changed(key_id)
        return Ended(ended=ended or UNSET)

    @post(
        ONE + "/rotate", opt=needs("ADMIN", "api-keys.rotate", person=True), status_code=HTTP_200_OK
    )
    async def rotate_key(workspace_id: FromPath[int], key_id: FromPath[int]) -> ApiKeyWithSecret:
        """Another secret for the same key; the earlier one ends at once."""
        secret = new_api_key_secret()
        key = await keys.rotate(workspace_id, key_id, psk_sha256(secret), clock.now())
        changed(key_id)
        return _shown_once(key, secret)

    return Router(
        "/",
        route_handlers=[list_keys, add_key, get_key, change_key, delete_key, rotate_key],
        tags=["api-keys"],
    )


def _shown_once(key: ApiKey, secret: str) -> ApiKeyWithSecret:
    return ApiKeyWithSecret(api_key=key, secret=f"{KEY_PREFIX}{key.id}_{secret}")
