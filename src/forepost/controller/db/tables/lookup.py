"""What registries said, kept for a while."""

from sqlalchemy import JSON, Column, Index, Integer, String, Table, Text

from forepost.controller.db.tables.columns import Instant, metadata

registry_answers = Table(
    "registry_answers",
    metadata,
    Column("query", String(253), primary_key=True),
    Column("raw", Text, nullable=False),
    Column("parsed", JSON, nullable=False),
    Column("size", Integer, nullable=False),
    Column("said_at", Instant, nullable=False),
    Index("ix_registry_answers_said_at", "said_at"),
)
