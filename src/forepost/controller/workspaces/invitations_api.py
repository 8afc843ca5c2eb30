"""Routes for whoever is invited: nobody becomes a member without saying so."""

from collections.abc import Callable
from typing import Any, Final, Protocol

from litestar import Request, Router, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.actor import happened_in
from forepost.controller.access.guard import PUBLIC, SIGNED_IN, Caller, needs
from forepost.controller.email_address import canonical
from forepost.controller.workspaces.invitations import Invitations
from forepost.kit.clock import Clock
from forepost.kit.errors import Forbidden
from forepost.wire.rest.bodies import Done, ListOf, Register, Session
from forepost.wire.rest.membership import (
    AcceptInvite,
    CompleteInvite,
    Invitation,
    Joined,
    Member,
    PendingInvitation,
)

MINE: Final = "/auth/invitations"
BY_TOKEN: Final = "/invite/{token:str}"  # noqa: S105 - a path


class OpenAccount(Protocol):
    """Opens an account for somebody who was invited."""

    async def __call__(
        self, request: Request[Any, Any, Any], body: Register, *, verified: bool
    ) -> Session:
        """Make an account and log it in. Raises Invalid when the address has one."""
        ...


def routes(
    invitations: Invitations,
    clock: Clock,
    membership_changed: Callable[[], None],
    open_account: OpenAccount,
) -> Router:
    @get(MINE, opt=needs(SIGNED_IN))
    async def list_mine(caller: NamedDependency[Caller]) -> ListOf[PendingInvitation]:
        """What the caller is invited to; by address only where that is proven."""
        return ListOf(data=await invitations.mine(caller.user_id, clock.now()))

    @delete(
        MINE + "/{member_id:int}", opt=needs(SIGNED_IN, "members.decline"), status_code=HTTP_200_OK
    )
    async def decline(caller: NamedDependency[Caller], member_id: FromPath[int]) -> Done:
        await invitations.decline(member_id, caller.user_id, clock.now())
        return Done()

    @post(
        "/workspaces/{workspace_id:int}/accept-invite",
        opt=needs(SIGNED_IN, "members.accept", person=True),
        status_code=HTTP_200_OK,
    )
    async def accept_invite(
        caller: NamedDependency[Caller], workspace_id: FromPath[int], data: JSONBody[AcceptInvite]
    ) -> Member:
        """Only whoever is proven to own the invited address; others need the token."""
        if canonical(data.email) != caller.name:
            raise Forbidden("email: is not yours; only the invited address can accept")
        invited = await invitations.pending(workspace_id, caller.user_id, clock.now())
        member = await invitations.accept(invited, caller.user_id, clock.now())
        membership_changed()
        return member

    @get(BY_TOKEN, opt=needs(PUBLIC))
    async def show_invite(token: FromPath[str]) -> Invitation:
        return await invitations.shown(token, clock.now())

    @post(
        BY_TOKEN + "/accept",
        opt=needs(SIGNED_IN, "members.accept", person=True),
        status_code=HTTP_200_OK,
    )
    async def accept_by_token(
        request: Request[Any, Any, Any], caller: NamedDependency[Caller], token: FromPath[str]
    ) -> Member:
        """By the account of the invited address. A token that was mailed there proves it, too."""
        invited = await invitations.held(token, clock.now())
        happened_in(request.scope, invited.workspace_id)
        if not invited.is_for(caller.user_id, caller.name):
            raise Forbidden("the invitation is for another address than yours")
        member = await invitations.accept(
            invited, caller.user_id, clock.now(), verified=invited.token_mailed
        )
        membership_changed()
        return member

    @post(BY_TOKEN + "/complete", opt=needs(PUBLIC, "members.join"))
    async def complete_invite(
        request: Request[Any, Any, Any], token: FromPath[str], data: JSONBody[CompleteInvite]
    ) -> Joined:
        """An account for the invited address, whether or not strangers may register.

        Where the address has an account: log in and accept; a link is no password. Only where it
        was mailed, and nobody proved that account, is the account claimed.
        """
        invited = await invitations.held(token, clock.now())
        happened_in(request.scope, invited.workspace_id)
        body = Register(email=invited.email, password=data.password, name=data.name)
        session = await open_account(request, body, verified=invited.token_mailed)
        member = await invitations.accept(invited, session.data.id, clock.now())
        membership_changed()
        return Joined(
            token=session.token,
            user=session.data,
            member=member,
            workspace_id=invited.workspace_id,
        )

    return Router(
        "/",
        route_handlers=[
            list_mine,
            decline,
            accept_invite,
            show_invite,
            accept_by_token,
            complete_invite,
        ],
        tags=["members"],
    )
