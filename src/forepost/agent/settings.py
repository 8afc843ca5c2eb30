"""The agent's settings: one TOML file, or `FOREPOST_SECTION__KEY` in the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from forepost.kit.settings import Section, load


class NodeSection(Section, frozen=True, kw_only=True):
    name: str = ""
    """What this host is called; empty: its host name."""
    state_dir: str = "/var/lib/forepost/agent"


class UplinkSection(Section, frozen=True, kw_only=True):
    url: str = ""
    """`http://` or `https://` address of the controller; empty: the agent runs alone."""
    workspace_id: Annotated[int, Meta(ge=0)] = 0
    agent_id: Annotated[int, Meta(ge=0)] = 0
    pin: str = ""
    """Used once, for a PSK that is kept in `state_dir`."""


class SpoolSection(Section, frozen=True, kw_only=True):
    """Bounds of what waits on disk; the oldest results go first."""

    max_bytes: Annotated[int, Meta(ge=1 << 20)] = 256 << 20
    max_age_sec: Annotated[int, Meta(ge=3_600)] = 30 * 86_400


class Settings(Section, frozen=True, kw_only=True):
    node: NodeSection = NodeSection()
    uplink: UplinkSection = UplinkSection()
    spool: SpoolSection = SpoolSection()


def read(path: Path | None, env: Mapping[str, str] = os.environ) -> Settings:
    """Raises `forepost.kit.settings.WrongSettings`."""
    return load(path, Settings, env)
