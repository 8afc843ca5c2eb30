"""How a controller is set up, for who runs it: no secret, and nothing of anybody's workspace."""

from datetime import datetime
from typing import Literal

from forepost.wire.base import Wire


class KeptDays(Wire, frozen=True, kw_only=True):
    setting: str
    """`data.retention_days`"""
    days: int


class DataSource(Wire, frozen=True, kw_only=True):
    """A file from which look-ups are answered."""

    setting: str
    """`lookups.geoip_city`"""
    state: Literal["loaded", "missing", "failed"]
    """`missing`: none is named."""
    type: str = ""
    """What the file says it is."""
    built_at: datetime | None = None
    entries: int | None = None
    reason: str = ""
    """Why it is not loaded."""


class LastBackup(Wire, frozen=True, kw_only=True):
    made_at: datetime
    bytes: int
    """Of the files in it."""


class Installation(Wire, frozen=True, kw_only=True):
    version: str
    data_dir: str
    database: Literal["sqlite", "postgresql"]
    listen: list[str]
    public_url: str
    """With which links in mails and notices start; empty: there are none in them."""
    mail: bool
    """Whether a mail server is named."""
    kept: list[KeptDays]
    sources: list[DataSource]
    whois: Literal["whois", "rdap", "off"]
    last_backup: LastBackup | None
    """Of `forepost backup`; null: none was made of this folder, as far as it knows."""
