"""Which members of a workspace are mailed what its rules and jobs tell by mail. SQL."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Select, select

from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.workspaces import members, workspaces

MAILED: Final = ("USER", "ADMIN", "OWNER")
"""Roles."""


def mailed_members(workspace_id: int | ColumnElement[Any]) -> Select[str]:
    """Addresses of those who are members now and may log in, whoever came first before; of a
    workspace that is deleted nobody.
    """
    return (
        select(users.c.email)
        .join(members, members.c.user_id == users.c.id)
        .join(workspaces, workspaces.c.id == members.c.workspace_id)
        .where(
            members.c.workspace_id == workspace_id,
            members.c.role.in_(MAILED),
            users.c.locked_at.is_(None),
            workspaces.c.deleted_at.is_(None),
        )
        .order_by(users.c.id)
    )
