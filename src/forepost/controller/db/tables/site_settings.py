"""What the admins of a site have set, past the settings file."""

from sqlalchemy import JSON, Column, String, Table

from forepost.controller.db.tables.columns import Instant, metadata

site_settings = Table(
    "site_settings",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("value", JSON, nullable=False),
    Column("updated_at", Instant, nullable=False),
)
