"""How the agent reaches its controller, and what it keeps until it does."""

from typing import Annotated, Literal

from msgspec import Meta

from forepost.agent.line import controller_address
from forepost.agent.way import Way
from forepost.kit.proxies import NONE, WrongProxy, proxy_of
from forepost.kit.settings import Section


class UplinkSection(Section, frozen=True, kw_only=True):
    url: str = ""
    """`http://` or `https://` address of the controller; empty: the agent runs alone."""
    workspace_id: Annotated[int, Meta(ge=0)] = 0
    agent_id: Annotated[int, Meta(ge=0)] = 0
    pin: str = ""
    """Used once, for a PSK that is kept in `state_dir`."""
    allow_plain: bool = False
    """Whether the key may go over `http://` to a host that is not this one."""
    pin_sha256: Annotated[
        str, Meta(pattern="^([0-9a-f]{64})?$", description="64 hex digits in small letters")
    ] = ""
    """SHA-256 of the public key of the controller's certificate, in hex; it alone says who the
    controller is. Empty: certificate authorities do.
    """
    ca_file: str = ""
    """Certificate authorities (PEM) that say who the controller is, instead of the system's."""
    proxy: str = ""
    """`http://`, `socks5://` or `socks5h://` [USER:PASSWORD@]HOST:PORT; empty: what the environment
    says, "none": no proxy whatever it says.
    """
    ping_sec: Annotated[float, Meta(ge=5, le=40)] = 30.0
    """How often the controller is asked for a word where there is nothing to say. A line on which
    nothing is heard for a minute is given up: so it cannot be longer.
    """
    client_cert_file: str = ""
    """Shown to whoever asks for it on the way to the controller; PEM."""
    client_key_file: str = ""
    """Empty: the key is in `client_cert_file`."""
    may_move: bool = True
    """Whether the controller may name another address of its own."""

    def __post_init__(self) -> None:
        try:
            if self.url:
                controller_address(self.url)
        except ValueError as wrong:
            raise ValueError(f"url: {wrong}") from None
        if self.proxy and self.proxy != NONE:
            try:
                proxy_of(self.proxy)
            except WrongProxy as wrong:
                raise ValueError(f"proxy: {wrong}") from None
        if self.client_key_file and not self.client_cert_file:
            raise ValueError("client_key_file: needs client_cert_file")

    @property
    def way(self) -> Way:
        return Way(
            proxy=self.proxy,
            ca_file=self.ca_file,
            client_cert_file=self.client_cert_file,
            client_key_file=self.client_key_file,
        )


class SpoolSection(Section, frozen=True, kw_only=True):
    """Bounds of what waits on disk, where the oldest give way first; and how it is sent."""

    max_bytes: Annotated[int, Meta(ge=1 << 20)] = 256 << 20
    max_age_sec: Annotated[int, Meta(ge=3_600)] = 30 * 86_400
    sync_sec: Annotated[int, Meta(ge=0, le=3_600)] = 5
    """How long a result may wait in memory for its acknowledgement before it is written; 0: not at
    all. Without a connection it never does."""
    backlog: Literal["oldest", "newest"] = "oldest"
    """Which outage goes first, of what waits from before a connection."""
