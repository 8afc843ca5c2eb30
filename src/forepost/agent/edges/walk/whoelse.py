"""Who answers where a controller should, in words: of a server that nobody trusts and that is sent
nothing of ours.
"""

import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import msgspec
from websockets.http11 import Response

Again = Callable[[float], socket.socket]
"""Opens another connection to where a controller should be, within so many seconds. Raises
OSError."""

WAIT_SEC: Final = 3.0
BANNER_SEC: Final = 1.0
SKEWED: Final = timedelta(minutes=5)
_NOT_YET, _EXPIRED = 9, 10
_NAMES: Final = {62, 64}
_AUTHORITY: Final = {2, 18, 19, 20, 21}
_MOVED: Final = {301, 302, 303, 307, 308}
_BEHIND: Final = {502, 503, 504}
PAGE: Final = "see docs/reverse-proxy.md: the proxy has to pass WebSockets on to the controller"
ADDRESS: Final = "see the host and the port in uplink.url"
SET_CLOCK: Final = "set this host's clock (timedatectl)"
TRUST: Final = (
    "name the authority: uplink.ca_file (forepost join --ca-file FILE); or the key of the"
    " certificate: uplink.pin_sha256"
)
RENEW: Final = "see to the certificate: both clocks agree"


class ShownCertificate(msgspec.Struct, frozen=True):
    """As it came, believed by nobody."""

    names: list[str]
    issuer: str
    since: datetime
    until: datetime
    date: str
    """What the server says the time is; "" where it does not."""


def answers(again: Again, host: str) -> str:
    """What a fresh connection hears, first in silence, then after a request without a key."""
    try:
        with again(WAIT_SEC) as raw:
            raw.settimeout(BANNER_SEC)
            with suppress(TimeoutError):
                return _named(raw.recv(256))
            raw.settimeout(WAIT_SEC)
            raw.sendall(_head(host))
            return _named(raw.recv(256))
    except TimeoutError:
        return "it takes connections and says nothing"
    except OSError as error:
        return f"it ends connections ({(error.strerror or str(error)).lower()})"


def _named(said: bytes) -> str:
    text = "".join(c if c.isprintable() else " " for c in said.decode("ascii", "replace"))
    first = text.split("  ")[0].strip()[:60]
    if not said:
        return "it ends connections without a word"
    if said.startswith(b"SSH-"):
        return f"an SSH server ({first})"
    if said.startswith(b"HTTP/"):
        return f"a web server without TLS ({first})"
    if said[:1] in (b"\x15", b"\x16"):
        return "a server that speaks TLS"
    return f"it says {first!r}"


def _head(host: str) -> bytes:
    return f"HEAD / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()


def _unverified() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def speaks_tls(again: Again, host: str) -> bool:
    return certificate_there(again, host) is not None


def timed(raw: socket.socket) -> socket.socket:
    raw.settimeout(WAIT_SEC)
    return raw


def certificate_there(again: Again, host: str) -> ShownCertificate | None:
    """None where there is no TLS."""
    try:
        with (
            timed(again(WAIT_SEC)) as raw,
            _unverified().wrap_socket(raw, server_hostname=host) as tls,
        ):
            der = tls.getpeercert(binary_form=True) or b""
            said = b""
            with suppress(OSError):
                tls.sendall(_head(host))
                while b"\r\n\r\n" not in said and len(said) < 16_384:
                    part = tls.recv(4_096)
                    if not part:
                        break
                    said += part
    except OSError:
        return None
    return _read(der, _date_of(said))


def _date_of(head: bytes) -> str:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"date":
            return value.strip().decode("ascii", "replace")
    return ""


def _read(der: bytes, date: str) -> ShownCertificate | None:
    from asn1crypto import x509  # noqa: PLC0415 - memory, where all is well

    try:
        read = x509.Certificate.load(der)
        found: Any = read["tbs_certificate"]
        names = read.subject_alt_name_value
        valid = found["validity"]
        return ShownCertificate(
            names=[str(one.native) for one in names] if names is not None else [],
            issuer=str(found["issuer"].human_friendly)[:200],
            since=valid["not_before"].native,
            until=valid["not_after"].native,
            date=date,
        )
    except (ValueError, TypeError, KeyError):
        return None


def distrusted(
    error: ssl.SSLCertVerificationError, there: ShownCertificate | None, host: str, now: datetime
) -> tuple[str, str]:
    """Why, and what to do."""
    code = getattr(error, "verify_code", 0)
    if there is None or not code:
        return str(error.args[-1] if error.args else error), (
            "compare uplink.pin_sha256 with the certificate of the controller"
        )
    if code in (_NOT_YET, _EXPIRED):
        apart = skew(there.date, now)
        return (
            f"its certificate is good from {there.since:%F %R} to {there.until:%F %R} UTC; this"
            f" host's clock says {now.astimezone(UTC):%F %R}{apart}"
        ), (SET_CLOCK if apart else RENEW)
    if code in _NAMES:
        names = ", ".join(there.names[:10]) or "no name"
        return (
            f"its certificate is of {names}, not of {host}",
            "name it in uplink.url as its certificate does, or see that the name leads to it",
        )
    if code in _AUTHORITY:
        return (
            f"its certificate is of an authority that this host does not know ({there.issuer})",
            TRUST,
        )
    return error.verify_message, "see to the certificate"


def skew(date: str, now: datetime) -> str:
    """What a `Date` says against this host's clock; "" where they agree, or it says nothing."""
    try:
        theirs = parsedate_to_datetime(date)
    except ValueError:
        return ""
    if theirs.tzinfo is None or abs(theirs - now) < SKEWED:
        return ""
    return f" (this host's clock says {now.astimezone(UTC):%F %R}, the server's {theirs:%F %R})"


def instead(response: Response, *, encrypted: bool) -> tuple[str, str]:
    """What an answer to the upgrade means that is none."""
    status, headers = response.status_code, response.headers
    said = f"HTTP {status}"
    body = bytes(response.body or b"")[:2_000].lower()
    if status in _MOVED:
        where = headers.get("Location", "another address")[:200]
        return f"it sends us to {where} ({said}), where no key goes by itself", (
            "set uplink.url to the address of the controller itself"
        )
    if status in _BEHIND:
        return f"a proxy answers there, and does not reach the controller ({said})", (
            "see that the controller runs, and where the proxy looks for it"
        )
    if not encrypted and status == 400 and b"https" in body:
        return f"it speaks TLS there, and uplink.url begins with http:// ({said})", "use https://"
    if status in (401, 407):
        return f"somebody in between wants a login ({said})", PAGE
    if status == 403:
        return f"somebody in between forbids it ({said})", PAGE
    return f"something else answers at this address: {_server(headers)} ({said})", (
        f"{ADDRESS}; {PAGE}" if status in (400, 404, 426) else ADDRESS
    )


def _server(headers: Mapping[str, str]) -> str:
    kind = headers.get("Content-Type", "").partition(";")[0]
    what = "a web page" if kind == "text/html" else "a web server"
    name = headers.get("Server", "")[:60]
    return f"{what} of {name}" if name else what
