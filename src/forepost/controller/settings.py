"""The controller's settings: one TOML file, or `FOREPOST_SECTION__KEY` in the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from forepost.kit.settings import Section, load


class Http(Section, frozen=True, kw_only=True):
    listen: str = "127.0.0.1:8080"
    """Address and port; IPv6 in brackets."""
    registration: bool = True
    """Whether strangers may open an account."""


class Data(Section, frozen=True, kw_only=True):
    dir: str = "/var/lib/forepost/controller"
    database_url: str = ""
    """SQLAlchemy URL; empty: `meta.sqlite` in `dir`."""
    retention_days: Annotated[int, Meta(ge=1, le=3_650)] = 90
    """Results that are older are dropped, a day at a time."""


class Admin(Section, frozen=True, kw_only=True):
    """The first admin, made at the first start only, when there is no user yet."""

    email: str = ""
    password: str = ""


class Settings(Section, frozen=True, kw_only=True):
    http: Http = Http()
    data: Data = Data()
    admin: Admin = Admin()

    @property
    def database_url(self) -> str:
        return (
            self.data.database_url or f"sqlite+aiosqlite:///{Path(self.data.dir) / 'meta.sqlite'}"
        )


def read(path: Path | None, env: Mapping[str, str] = os.environ) -> Settings:
    """Raises `forepost.kit.settings.WrongSettings`."""
    return load(path, Settings, env)
