"""Jobs, and the API for them."""

from typing import Annotated

from msgspec import Meta

from forepost.kit.settings import Section


class JobsSection(Section, frozen=True, kw_only=True):
    """Which jobs this site takes: the slice is on where anything here is said."""

    allow: bool | None = None
    """Whether a controller may give jobs. Not said: yes, where the slice is on."""
    allow_paths: Annotated[
        tuple[Annotated[str, Meta(pattern="^/", max_length=1_000)], ...], Meta(max_length=100)
    ] = ("/",)
    """Folders in which a controller's jobs may be; the site's own may be anywhere."""
    allow_scripts: (
        bool | Annotated[tuple[Annotated[str, Meta(max_length=1_000)], ...], Meta(max_length=1_000)]
    ) = False
    """Whether scripts run here, whoever asks. A list: those alone whose program is in one of these
    directories (`/…`), or whose text has one of these hashes (`sha256:HEX`).
    """
    script_users: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...], Meta(max_length=100)
    ] = ()
    """Users that scripts may have; one that names none has the first. None: the agent's own, or
    any that the script names.
    """
    dir: str = ""
    """The folder of this site's own jobs, one to a file `*.json`."""
    listen: Annotated[
        str, Meta(pattern="^(.+:[0-9]{1,5})?$", description="IP:PORT, or nothing")
    ] = ""
    """Where other agents reach this one; empty: it dials them."""
    folders_storage_path: Annotated[str, Meta(pattern="^(/.*)?$", max_length=1_000)] = ""
    """What the macro %FOLDERS_STORAGE% stands for."""
    tags: Annotated[
        dict[Annotated[str, Meta(pattern="^[A-Z0-9_]{1,100}$")], str], Meta(max_length=500)
    ] = {}
    """Tags of this agent, beside those that are set later."""
    pause_stops_probes: bool = False
    """Whether probes rest too while the agent is paused."""


class AgentApiSection(Section, frozen=True, kw_only=True):
    """Resilio's Agent API, by its own names of parameters; on 127.0.0.1 and nowhere else."""

    client_api_enabled: bool = False
    client_api_port: Annotated[int, Meta(ge=1, le=65_535)] = 3840
    client_api_token_auth: bool = True
