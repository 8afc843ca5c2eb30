"""Routes of members and invitations."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from litestar import Request, Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access import PUBLIC, SIGNED_IN, Caller, canonical, needs
from forepost.controller.actor import happened_in
from forepost.controller.workspaces.invitations import Invitations
from forepost.controller.workspaces.members import Members
from forepost.kit.clock import Clock
from forepost.kit.errors import Forbidden
from forepost.wire.membership import (
    AcceptInvite,
    CompleteInvite,
    Invitation,
    Joined,
    Member,
    MemberPatch,
    NewMember,
    TransferOwnership,
)
from forepost.wire.rest import Done, ListOf, Register, Session

ONE: Final = "/workspaces/{workspace_id:int}"
ALL: Final = ONE + "/members"
MEMBER: Final = ALL + "/{member_id:int}"

OpenAccount = Callable[[Request[Any, Any, Any], Register], Awaitable[Session]]
"""Makes an account and logs it in. Raises Invalid when the address has one."""


def routes(
    members: Members,
    invitations: Invitations,
    clock: Clock,
    membership_changed: Callable[[], None],
    open_account: OpenAccount,
) -> Router:
    @get(ALL, opt=needs("VIEWER"))
    async def list_members(workspace_id: FromPath[int]) -> ListOf[Member]:
        """With those who are invited and have not come yet."""
        return ListOf(data=await members.of(workspace_id))

    @post(ALL, opt=needs("ADMIN", "members.create"))
    async def add_member(
        caller: NamedDependency[Caller], workspace_id: FromPath[int], data: JSONBody[NewMember]
    ) -> Member:
        """Who has an account is a member at once; any other address is invited."""
        user_id = await members.account_of(data)
        if user_id is None:
            return await invitations.invite(workspace_id, caller.name, data, clock.now())
        member = await members.add(workspace_id, user_id, data, clock.now())
        membership_changed()
        return member

    @patch(MEMBER, opt=needs("ADMIN", "members.update"))
    async def change_member(
        workspace_id: FromPath[int], member_id: FromPath[int], data: JSONBody[MemberPatch]
    ) -> Member:
        member = await members.change(workspace_id, member_id, data.role, clock.now())
        membership_changed()
        return member

    @delete(MEMBER, opt=needs("ADMIN", "members.delete"), status_code=HTTP_200_OK)
    async def remove_member(workspace_id: FromPath[int], member_id: FromPath[int]) -> Done:
        """Or withdraw an invitation."""
        await members.remove(workspace_id, member_id)
        membership_changed()
        return Done()

    @post(
        ONE + "/accept-invite",
        opt=needs(SIGNED_IN, "members.accept", person=True),
        status_code=HTTP_200_OK,
    )
    async def accept_invite(
        caller: NamedDependency[Caller], workspace_id: FromPath[int], data: JSONBody[AcceptInvite]
    ) -> Member:
        """Only whoever owns the invited address may accept."""
        if canonical(data.email) != caller.name:
            raise Forbidden("email: is not yours; only the invited address can accept")
        invited = await invitations.pending(workspace_id, caller.name, clock.now())
        member = await invitations.accept(invited, caller.user_id, clock.now())
        membership_changed()
        return member

    @post(
        ONE + "/transfer-ownership",
        opt=needs("OWNER", "workspaces.transfer", person=True),
        status_code=HTTP_200_OK,
    )
    async def transfer_ownership(
        workspace_id: FromPath[int], data: JSONBody[TransferOwnership]
    ) -> Done:
        """To a member; the former owner stays as an ADMIN."""
        await members.transfer(workspace_id, data.new_owner_user_id, clock.now())
        membership_changed()
        return Done()

    @get("/invite/{token:str}", opt=needs(PUBLIC))
    async def show_invite(token: FromPath[str]) -> Invitation:
        return await invitations.shown(token, clock.now())

    @post("/invite/{token:str}/complete", opt=needs(PUBLIC, "members.join"))
    async def complete_invite(
        request: Request[Any, Any, Any], token: FromPath[str], data: JSONBody[CompleteInvite]
    ) -> Joined:
        """An account for the invited address, whether or not strangers may register.

        Where the address has an account: log in and accept; a link is no password.
        """
        invited = await invitations.held(token, clock.now())
        happened_in(request.scope, invited.workspace_id)
        body = Register(email=invited.email, password=data.password, name=data.name)
        session = await open_account(request, body)
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
            list_members,
            add_member,
            change_member,
            remove_member,
            accept_invite,
            transfer_ownership,
            show_invite,
            complete_invite,
        ],
        tags=["members"],
    )
