"""Routes of accounts, for the admins of a site."""

from typing import Any, Final

from litestar import Request, Router, delete, get, post, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromPath, FromQuery, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import SITE_ADMIN, Caller, needs
from forepost.controller.admin.accounts import SiteAccounts
from forepost.controller.admin.needs import AdminNeeds
from forepost.controller.page import Limit, Offset
from forepost.wire.rest.access import MailOutcome
from forepost.wire.rest.admin import RolePatch, UserPage, UserPatch
from forepost.wire.rest.bodies import Done, User

ALL: Final = "/admin/users"
ONE: Final = ALL + "/{user_id:int}"
CHANGES: Final = [HttpMethod.PUT, HttpMethod.PATCH]


def routes(accounts: SiteAccounts, deps: AdminNeeds) -> Router:
    @get(ALL, opt=needs(SITE_ADMIN))
    async def list_users(q: FromQuery[str] = "", limit: Limit = 50, offset: Offset = 0) -> UserPage:
        """All accounts, or those whose address or name has `q` in it."""
        data, total = await accounts.page(q, limit, offset)
        return UserPage(data=data, total=total, limit=limit, offset=offset, q=q)

    @get(ONE, opt=needs(SITE_ADMIN))
    async def get_user(user_id: FromPath[int]) -> User:
        return await accounts.get(user_id)

    @route(
        ONE,
        http_method=CHANGES,
        opt=needs(SITE_ADMIN, "users.update"),
        status_code=HTTP_200_OK,
    )
    async def change_user(user_id: FromPath[int], data: JSONBody[UserPatch]) -> User:
        """Another address is not proven, unless `verified` says so."""
        user = await accounts.change(user_id, data, deps.clock.now())
        deps.changed()
        return user

    @route(
        ONE + "/role",
        http_method=CHANGES,
        opt=needs(SITE_ADMIN, "users.role"),
        status_code=HTTP_200_OK,
    )
    async def set_role(
        caller: NamedDependency[Caller], user_id: FromPath[int], data: JSONBody[RolePatch]
    ) -> User:
        user = await accounts.set_role(user_id, data.role, caller.user_id, deps.clock.now())
        deps.changed()
        return user

    @delete(ONE, opt=needs(SITE_ADMIN, "users.delete"), status_code=HTTP_200_OK)
    async def delete_user(caller: NamedDependency[Caller], user_id: FromPath[int]) -> Done:
        """With its memberships and all that it made that lets others in; what it did stays, and
        names nobody. 409 while it owns workspaces.
        """
        await accounts.delete(user_id, caller.user_id, deps.clock.now())
        deps.changed()
        return Done()

    @post(
        ONE + "/reset-password",
        opt=needs(SITE_ADMIN, "users.reset-password"),
        status_code=HTTP_200_OK,
    )
    async def reset_password(
        request: Request[Any, Any, Any], user_id: FromPath[int]
    ) -> MailOutcome:
        """Mail the account a link to another password; 403 where no mail is set up."""
        user = await accounts.get(user_id)
        await deps.mail_reset(user.email, deps.page_of(request.scope))
        return MailOutcome(message=f"a mail is on its way to {user.email}")

    return Router(
        "/",
        route_handlers=[
            *(list_users, get_user, change_user, set_role, delete_user, reset_password)
        ],
        tags=["admin"],
    )
