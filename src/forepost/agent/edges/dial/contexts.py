"""What a handshake of TLS is made with: whom to trust, what to offer, and who we are."""

import os
import ssl
from collections import OrderedDict
from typing import Final

from forepost.agent.ports.dialer import NOTHING_OWN, Check, Failed, TlsOwn

MOST_KEPT: Final = 16
"""Contexts; of probes that bring what is their own there may be many."""
_HANDSHAKE, _SERVER_HELLO, _CERTIFICATE, _CERTIFICATE_REQUEST = 22, 2, 11, 13


class HeardTls(ssl.SSLObject):
    """Keeps what the other side said in its handshake: it is told where that fails, too."""

    hello: bytes = b""
    certificate: bytes = b""
    asks_certificate: bool = False


class Contexts:
    """One for each kind of check, made when it is first asked for: the list of authorities costs
    memory. The system's list, or `SSL_CERT_FILE`, is read then and not again. Those with something
    of a probe's own are kept as long as they are among the last that were used.
    """

    def __init__(self) -> None:
        self._made: OrderedDict[tuple[Check, TlsOwn], ssl.SSLContext] = OrderedDict()

    def of(self, check: Check, own: TlsOwn = NOTHING_OWN) -> ssl.SSLContext:
        """Raises Failed where what is its own is of no use."""
        key = check, own
        if key not in self._made:
            self._made[key] = _context(check, own)
            if len(self._made) > MOST_KEPT:
                del self._made[next(one for one in self._made if one[1] != NOTHING_OWN)]
        self._made.move_to_end(key)
        return self._made[key]


def _context(check: Check, own: TlsOwn) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sslobject_class = HeardTls
    # Python has no public way to what it hears; where there is none at all, less is known.
    context._msg_callback = _hear  # type: ignore[attr-defined]  # noqa: SLF001
    if check == "nothing":
        # Old servers are to be seen, too: that is how they are found.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("ALL:!PSK:!SRP:!aNULL:@SECLEVEL=0")
    else:
        context.check_hostname = check == "chain and name"
        _trust(context, own.authorities)
    if own.certificate:
        _introduce(context, own)
    return context


def _trust(context: ssl.SSLContext, authorities: str) -> None:
    if not authorities:
        context.load_default_certs()
        return
    try:
        context.load_verify_locations(cadata=authorities)
    except (ssl.SSLError, ValueError) as error:
        raise Failed("denied", f"ca_pem: {_words(error)}") from None


def _introduce(context: ssl.SSLContext, own: TlsOwn) -> None:
    """Python reads a certificate and its key from a file only: one in memory, without a name."""
    number = os.memfd_create("tls", os.MFD_CLOEXEC)
    try:
        os.write(number, f"{own.certificate}\n{own.key}\n".encode())
        # A password is asked for at the terminal, where nobody else gives one.
        context.load_cert_chain(f"/proc/self/fd/{number}", password=lambda: "")
    except (ssl.SSLError, ValueError, OSError) as error:
        raise Failed("denied", f"client_certificate_pem: {_words(error)}") from None
    finally:
        os.close(number)


def _words(error: Exception) -> str:
    said = error.reason if isinstance(error, ssl.SSLError) else ""
    return (said or str(error)).replace("_", " ").lower()


def _hear(
    spoken: object, direction: str, version: int, content: int, message: int, data: bytes
) -> None:
    if direction != "read" or content != _HANDSHAKE or not isinstance(spoken, HeardTls):
        return
    if message == _SERVER_HELLO:
        spoken.hello = data
    elif message == _CERTIFICATE:
        spoken.certificate = data
    elif message == _CERTIFICATE_REQUEST:
        spoken.asks_certificate = True
