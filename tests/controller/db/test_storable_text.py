"""Texts that PostgreSQL cannot keep: what an agent says must not stop a transaction."""

import pytest
from sqlalchemy import insert, select

from forepost.controller.db.engine import Database
from forepost.controller.db.tables.accounts import users
from tests.fakes.clock import START

pytestmark = pytest.mark.anyio


async def test_a_nul_character_is_kept_as_one_that_can_be(metadata_url: str) -> None:
    person = {"name": "a\0b", "role": "USER", "password_hash": "", "verified": True}
    person |= {"labels": {"a\0": "b\0"}, "metadata": {}}
    times = {"created_at": START, "updated_at": START}
    rows = [{**person, **times, "email": f"{number}@\0"} for number in range(3)]
    db = Database.at(metadata_url)
    async with db.write() as connection:
        await connection.execute(insert(users), rows[:2])
        many = insert(users).returning(users.c.name)
        others = [{**row, "email": f"+{row['email']}"} for row in rows]
        more = (await connection.scalars(many, others)).all()
        made = await connection.scalar(insert(users).values(rows[2]).returning(users.c.name))
    async with db.read() as connection:
        names = (await connection.scalars(select(users.c.name))).all()
        found = await connection.scalar(select(users.c.name).where(users.c.email == "1@\0"))
        labels = await connection.scalar(select(users.c.labels).limit(1))
    await db.close()
    assert labels == {"a\0": "b\0"}
    assert made == found == "a\N{REPLACEMENT CHARACTER}b"
    assert {*names, *more} == {made}
