"""Which store this is: one row, whose id the series have too."""

from sqlalchemy import BigInteger, Boolean, Column, Integer, String, Table

from forepost.controller.db.tables.columns import metadata

store = Table(
    "store",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("store_id", String(32), nullable=False),
    # counts restores: a token of an earlier one is no token any more
    Column("epoch", Integer, nullable=False),
    # counts marks of which ids were given out; the series have the newest too
    Column("generation", BigInteger, nullable=False),
    # false: the series do not have the id yet
    Column("settled", Boolean, nullable=False),
)
