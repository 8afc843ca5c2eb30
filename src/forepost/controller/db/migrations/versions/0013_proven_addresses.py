"""addresses in one form, whose they are for certain, who invited"""

import logging

import sqlalchemy as sa
from alembic import op

from forepost.controller.email_address import canonical
from forepost.kit.errors import Invalid

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

NEVER_REUSED = {"sqlite_autoincrement": True}

_log = logging.getLogger(__name__)


def upgrade() -> None:
    with op.batch_alter_table("members", table_kwargs=NEVER_REUSED) as members:
        members.add_column(sa.Column("invited_by", sa.Integer(), nullable=True))
        members.add_column(sa.Column("invited_by_key", sa.Integer(), nullable=True))
        members.add_column(sa.Column("invited_user_id", sa.Integer(), nullable=True))
        members.add_column(
            sa.Column("token_mailed", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        for column in ("invited_by", "invited_user_id"):
            members.create_foreign_key(op.f(f"fk_members_{column}"), "users", [column], ["id"])
    _who_invited()
    _one_form()


def _who_invited() -> None:
    """As the audit log knows it: who made an open invitation, or the key and who made that."""
    op.execute(
        "UPDATE members SET"
        " invited_by_key = (SELECT max(a.api_key_id) FROM audit a WHERE a.object_id = members.id"
        "  AND a.action = 'members.create' AND a.status < 300),"
        " invited_by = (SELECT max(coalesce(a.user_id, k.created_by)) FROM audit a"
        "  LEFT JOIN api_keys k ON k.id = a.api_key_id WHERE a.object_id = members.id"
        "  AND a.action = 'members.create' AND a.status < 300"
        "  AND (a.api_key_id IS NULL OR k.id IS NOT NULL)"
        "  AND coalesce(a.user_id, k.created_by) IN (SELECT id FROM users))"
        " WHERE user_id IS NULL"
    )


def _one_form() -> None:
    """Addresses in their one form. Nobody knows who came by a mailed link: what was proven before
    is only what the operator made.
    """
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, email, role FROM users ORDER BY id")).all()
    taken = {row.email for row in rows}
    for row in rows:
        email = _canonical(row.email, taken)
        values = {"id": row.id, "email": email, "v": row.role == "SITE_ADMIN" and bool(email)}
        connection.execute(sa.text("UPDATE users SET verified = :v WHERE id = :id"), values)
        if email and email != row.email:
            taken.add(email)
            connection.execute(sa.text("UPDATE users SET email = :email WHERE id = :id"), values)
    invited = "SELECT id, workspace_id, email FROM members WHERE email <> '' ORDER BY id"
    pending = connection.execute(sa.text(invited)).all()
    used = {(row.workspace_id, row.email) for row in pending}
    for row in pending:
        here = {email for workspace_id, email in used if workspace_id == row.workspace_id}
        email = _canonical(row.email, here)
        if email and email != row.email:
            used.add((row.workspace_id, email))
            statement = sa.text("UPDATE members SET email = :email WHERE id = :id")
            connection.execute(statement, {"id": row.id, "email": email})


def _canonical(email: str, taken: set[str]) -> str:
    """Empty: it has no such form, or that is another's; it stays as it is."""
    try:
        form = canonical(email)
    except Invalid as reason:
        _log.warning("the address %r stays as it is: %s", email, reason)
        return ""
    if form != email and form in taken:
        _log.warning("the address %r stays as it is: %r is another's", email, form)
        return ""
    return form


def downgrade() -> None:
    with op.batch_alter_table("members", table_kwargs=NEVER_REUSED) as members:
        for column in ("invited_by", "invited_user_id"):
            members.drop_constraint(op.f(f"fk_members_{column}"), type_="foreignkey")
        for column in ("token_mailed", "invited_user_id", "invited_by_key", "invited_by"):
            members.drop_column(column)
