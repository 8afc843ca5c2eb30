"""What a probe is told of TLS, where what it talks to may be inside it."""

from typing import Annotated, Final

from msgspec import Meta

from forepost.wire.probes.options import HostOptions
from forepost.wire.probes.pem import Pem, check_pem

TRUST: Final = frozenset({"insecure_tls", "server_name", "ca_pem", "client_certificate_pem"})
PUBLIC: Final = TRUST | {"tls"}
SECRET: Final = frozenset({"client_key_pem"})


class TrustOptions(HostOptions, frozen=True, kw_only=True):
    """Of a probe that may talk inside TLS."""

    insecure_tls: bool = False
    """Take any certificate."""
    server_name: Annotated[str, Meta(max_length=253)] = ""
    """The name to ask for (SNI) and to expect; empty: the host."""
    ca_pem: Pem = ""
    """Authorities to trust instead of the host's, in PEM."""
    client_certificate_pem: Pem = ""
    """To be shown where the server asks for it, with its chain, in PEM."""
    client_key_pem: Pem = ""

    def __post_init__(self) -> None:
        check_pem(self.ca_pem, self.client_certificate_pem, self.client_key_pem)


class SecureOptions(TrustOptions, frozen=True, kw_only=True):
    """Of a probe that connects by TCP, in the clear or inside TLS."""

    tls: bool = False
    """Talk inside TLS, from the first byte on."""

    @property
    def comes_to_tls(self) -> bool:
        """Whether it is inside TLS at some time."""
        return self.tls

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.comes_to_tls:
            return
        for field in sorted(TRUST):
            if getattr(self, field):
                raise ValueError(f"tls: {field} needs it")
