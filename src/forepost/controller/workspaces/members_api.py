"""Routes of members: who they are, who is invited, whose the workspace is."""

from collections.abc import Callable
from typing import Final

from litestar import Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import Caller, needs
from forepost.controller.workspaces.invitations import Invitations
from forepost.controller.workspaces.members import Members
from forepost.kit.clock import Clock
from forepost.wire.rest.bodies import Done, ListOf
from forepost.wire.rest.derived import Ended
from forepost.wire.rest.membership import Member, MemberPatch, NewMember, TransferOwnership

ONE: Final = "/workspaces/{workspace_id:int}"
ALL: Final = ONE + "/members"
MEMBER: Final = ALL + "/{member_id:int}"


def routes(
    members: Members,
    invitations: Invitations,
    clock: Clock,
    membership_changed: Callable[[], None],
) -> Router:
    @get(ALL, opt=needs("VIEWER"))
    async def list_members(workspace_id: FromPath[int]) -> ListOf[Member]:
        """With those who are invited and have not come yet."""
        return ListOf(data=await members.of(workspace_id))

    @post(ALL, opt=needs("ADMIN", "members.create"))
    async def add_member(
        caller: NamedDependency[Caller], workspace_id: FromPath[int], data: JSONBody[NewMember]
    ) -> Member:
        """Invite somebody, who becomes a member by accepting."""
        return await invitations.invite(workspace_id, caller, data, clock.now())

    @patch(MEMBER, opt=needs("ADMIN", "members.update"))
    async def change_member(
        workspace_id: FromPath[int], member_id: FromPath[int], data: JSONBody[MemberPatch]
    ) -> Member:
        """What the member could not make any more ends; API keys have its new role at most."""
        member = await members.change(workspace_id, member_id, data.role, clock.now())
        membership_changed()
        return member

    @delete(MEMBER, opt=needs("ADMIN", "members.delete"), status_code=HTTP_200_OK)
    async def remove_member(workspace_id: FromPath[int], member_id: FromPath[int]) -> Ended:
        """Or withdraw an invitation. Keys, PINs, links and invitations of a member end with it."""
        ended = await members.remove(workspace_id, member_id)
        membership_changed()
        return ended

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

    return Router(
        "/",
        route_handlers=[
            list_members,
            add_member,
            change_member,
            remove_member,
            transfer_ownership,
        ],
        tags=["members"],
    )
