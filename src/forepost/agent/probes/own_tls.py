"""TLS as the options of a probe have it."""

from collections.abc import Sequence

from forepost.agent.ports.dialer import Stream, TlsOwn, TlsSession
from forepost.wire.probes.http import HttpOptions
from forepost.wire.probes.secure import TrustOptions
from forepost.wire.probes.tls import TlsOptions


def own_of(options: HttpOptions | TlsOptions | TrustOptions) -> TlsOwn:
    """Return what the probe brings of its own."""
    return TlsOwn(
        authorities=options.ca_pem,
        certificate=options.client_certificate_pem,
        key=options.client_key_pem,
    )


async def secured(
    stream: Stream, options: TrustOptions, host: str, alpn: Sequence[str] = ()
) -> tuple[Stream, TlsSession]:
    """Do a handshake with a host as the target names it. Raises Failed."""
    return await stream.secure(
        options.server_name or host,
        check="nothing" if options.insecure_tls else "chain and name",
        alpn=alpn,
        own=own_of(options),
    )
