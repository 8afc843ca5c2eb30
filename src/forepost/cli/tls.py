"""`forepost tls`: what a server shows in its handshake, trusted or not."""

from datetime import datetime
from typing import Annotated

from cyclopts import Parameter

from forepost.agent.probes.tls import run
from forepost.cli.measure import Often, measure, ms
from forepost.wire.probes.tls import StartTls, TlsOptions, TlsResult

COLUMNS = ("version", "cipher", "handshake ms", "trusted", "name", "days left", "certificate")


def tls(
    endpoint: str,
    /,
    *,
    server_name: Annotated[str, Parameter(name=["--server-name", "-n"])] = "",
    starttls: StartTls = "",
    often: Often | None = None,
) -> int:
    """Look at a server's certificate and TLS settings.

    Exits with 0 when the server's certificate is trusted and its own, with 1 when it is not, or
    there was no handshake, with 2 for a mistake in the command, and with 3 when nothing could be
    measured (an unknown host, no permission).

    Parameters
    ----------
    endpoint
        HOST, HOST:PORT (443 without one) or a URL.
    server_name
        The name to ask for and to expect, where it is not the host.
    starttls
        The protocol in which it begins without TLS: smtp, imap, postgres, ...
    often
        How often, how long, through what, and how it is shown.

    """
    asked: dict[str, object] = {"server_name": server_name, "starttls": starttls}
    return measure(run, TlsOptions, endpoint, asked, often, COLUMNS, _cells)


def _cells(got: TlsResult) -> tuple[str, ...]:
    if got.certificate is None:
        return got.tls_version or "-", got.tls_cipher_suite or "-", "-", "-", "-", "-", "-"
    chain = "\n".join(
        f"{one.subject}\n  by {one.issuer}\n  until {_day(one.not_after)}"
        for one in got.certificate_chain
    )
    yes = {True: "yes", False: "no"}
    return (
        got.tls_version,
        got.tls_cipher_suite,
        ms(got.tls_handshake_ms),
        yes[got.trusted],
        yes[got.name_matches],
        "?" if got.days_until_expiry is None else str(got.days_until_expiry),
        chain,
    )


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d}" if moment else "?"
