"""TLS: what is asked, and what came of it."""

from datetime import datetime
from typing import Annotated, Final, Literal

from msgspec import Meta

from forepost.wire.base import Wire
from forepost.wire.probes.cost import Cost, of_connecting
from forepost.wire.probes.http import CertificateInfo, ClientCertificate
from forepost.wire.probes.kind import Kind
from forepost.wire.probes.options import HostOptions
from forepost.wire.probes.pem import Pem, check_pem

StartTls = Literal["", "smtp", "imap", "pop3", "ftp", "ldap", "xmpp", "postgres", "mysql"]
CertType = Literal["", "leaf", "leaf+intermediate", "self-signed"]


class TlsOptions(HostOptions, frozen=True, kw_only=True):
    """`metadata` of a TLS probe."""

    target: Annotated[str, Meta(max_length=300)] = ""
    """Goes before the probe's target. HOST, HOST:PORT (443), [IPv6]:PORT, a URL."""
    insecure_skip_verify: bool = False
    """A certificate that is not trusted is no error; it is reported all the same."""
    server_name: Annotated[str, Meta(max_length=253)] = ""
    """The name to ask for (SNI) and to expect; empty: the host. Ours."""
    alpn: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=50)], ...], Meta(max_length=8)
    ] = ("h2", "http/1.1")
    """Application protocols to offer. Ours, as all that follows."""
    starttls: StartTls = ""
    """The protocol in which it begins without TLS; its usual port is that of a target that names
    none."""
    ca_pem: Pem = ""
    """Authorities to trust instead of the host's, in PEM."""
    client_certificate_pem: Pem = ""
    """To be shown where the server asks for it, with its chain, in PEM."""
    client_key_pem: Pem = ""

    def __post_init__(self) -> None:
        check_pem(self.ca_pem, self.client_certificate_pem, self.client_key_pem)


class ChainCertificate(Wire, frozen=True, kw_only=True):
    subject: str
    issuer: str
    not_before: datetime | None
    not_after: datetime | None
    days_until_expiry: int | None
    issuer_org: str = ""
    fingerprint: str
    """SHA-256, hex."""
    serial: str = ""
    """In hex. This and what follows: ours."""
    key: str = ""
    """RSA, EC secp256r1, Ed25519, ...; the OID of one that is not known."""
    key_bits: int = 0
    signature: str = ""
    """sha256_rsa, sha384_ecdsa, ed25519, ...; the OID of one that is not known."""
    unreadable: list[str] = []
    """Fields that are not as they have to be."""


class TlsResult(Wire, frozen=True, kw_only=True):
    """One handshake, and all that the server showed, trusted or not."""

    start_timestamp: datetime
    stop_timestamp: datetime
    remote_addr: str = ""
    """Address and port. Empty: nothing could be sent (an unknown name, no permission)."""
    protocol: str = ""
    """As `tls_version`."""
    tls_version: str = ""
    """"TLS 1.3"."""
    tls_cipher_suite: str = ""
    """As IANA spells it."""
    certificate: CertificateInfo | None = None
    certificate_chain: list[ChainCertificate] = []
    """As the server sent it, the server's own first."""
    is_expired: bool = False
    is_expiring_soon: bool = False
    """In 30 days or less, and not yet expired."""
    days_until_expiry: int | None = 0
    """Null: it cannot be read."""
    issuer_org: str = ""
    cert_type: CertType = ""
    cert_fingerprint: str = ""
    error: str = ""
    """Why there was no handshake, or what is wrong with the certificate (unless
    `insecure_skip_verify`)."""
    trusted: bool = False
    """This host's usual settings accept protocol, chain and dates. This and what follows: ours."""
    verify_error: str = ""
    """Why they do not."""
    name_matches: bool = False
    server_name: str = ""
    alpn: str = ""
    """What the server chose; "" for nothing."""
    dns_lookup_ms: float = 0.0
    tcp_connect_ms: float = 0.0
    tls_handshake_ms: float = 0.0
    earliest_not_after: datetime | None = None
    """When the first certificate of the chain ends, as the server sent it."""
    earliest_days_until_expiry: int | None = None
    client_certificate: ClientCertificate = ""
    """Whether the server asked for a client certificate, and did nothing without one."""
    starttls_ms: float = 0.0
    """What was said in plain text before."""
    missed_addrs: list[str] = []
    """Addresses of the name that were tried before and did not answer, with their reasons."""


def _cost(options: TlsOptions) -> Cost:
    per_sec = 1 / options.interval_sec
    return of_connecting(options, per_sec, 10, 0.8 * per_sec)


KIND: Final = Kind(
    name="TLS",
    options=TlsOptions,
    result=TlsResult,
    cost=_cost,
    most_open=200,
    interval_sec=300,
    target="endpoint or url",
    named_in="target",
    public=frozenset(
        {
            "target",
            "insecure_skip_verify",
            "server_name",
            "alpn",
            "starttls",
            "ca_pem",
            "client_certificate_pem",
        }
    ),
    secret=frozenset({"client_key_pem"}),
)
