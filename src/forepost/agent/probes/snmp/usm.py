"""SNMP version 3 with the user-based security model (RFC 3412, 3414, 3826, 7860). Pure.

Authentication is HMAC of the standard library. Privacy is pysnmp's, which needs the package
cryptography (9 MiB resident): it is imported only where a probe asks for it.
"""

import hashlib
import hmac
import importlib.util
import secrets
from typing import Any, Final, Literal

import msgspec

from forepost.agent.ports.dialer import Failed
from forepost.agent.probes.snmp import ber
from forepost.agent.probes.snmp.ber import BerError
from forepost.agent.probes.snmp.message import Again, NotOurs, Reply, Verb, pdu_of, reply_of
from forepost.wire.probes.snmp import SnmpOptions

MOST_BYTES: Final = 65_507
EXPANDED: Final = 1 << 20
"""A password is repeated to so many bytes before it is hashed (RFC 3414 A.2)."""
USM: Final = 3
MOST: Final = (1 << 31) - 1
"""Of boots and time."""
_PARAMETERS: Final = (
    ber.OCTETS,
    ber.INTEGER,
    ber.INTEGER,
    ber.OCTETS,
    ber.OCTETS,
    ber.OCTETS,
)
_STATS: Final = "1.3.6.1.6.3.15.1.1."
_NOT_IN_TIME, _UNKNOWN_ENGINE = f"{_STATS}2.0", f"{_STATS}4.0"
_REPORTS: Final = {
    f"{_STATS}1.0": "the agent does not support this security level",
    f"{_STATS}3.0": "the agent does not know this user",
    f"{_STATS}5.0": "the agent finds our digest wrong: authentication password or protocol",
    f"{_STATS}6.0": "the agent cannot decrypt it: privacy password or protocol",
}
_DIGESTS: Final = {
    "MD5": ("md5", 12),
    "SHA": ("sha1", 12),
    "SHA1": ("sha1", 12),
    "SHA224": ("sha224", 16),
    "SHA256": ("sha256", 24),
    "SHA384": ("sha384", 32),
    "SHA512": ("sha512", 48),
}


class _Security(msgspec.Struct, frozen=True, kw_only=True):
    """UsmSecurityParameters of RFC 3414."""

    engine: bytes
    boots: int
    time: int
    digest: bytes
    salt: bytes


class _Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A message, as far as it can be read by anybody."""

    flags: int
    security: _Security
    data: ber.Element
    """The scoped PDU, or in what it is encrypted."""


class User:
    """A conversation with one engine, in the name of one user."""

    def __init__(self, options: SnmpOptions) -> None:
        """Raises Failed where privacy is asked for and cannot be had."""
        self._options = options
        self._level = options.level
        self._hash, self._digest_bytes = _DIGESTS[options.auth_protocol or "SHA"]
        self._privacy = _privacy(options) if self._level == "authPriv" else None
        self._engine, self._boots, self._time = b"", 0, 0
        self._auth_key = b""
        self._privacy_key: Any = None
        self._number = 0
        self._resynchronised = False

    def hello(self) -> bytes:
        return self._message("noAuthNoPriv", "get", [], 0, 0, user=b"")

    def greeted(self, data: bytes) -> None:
        security = self._opened(data).security
        if not 5 <= len(security.engine) <= 32:
            raise NotOurs("no engine id")
        self._meet(security)
        if self._level != "noAuthNoPriv":
            self._auth_key = self._localised(self._options.auth_password)
        if self._privacy is not None:
            password = self._options.privacy_password
            self._privacy_key = self._privacy.localized(password, security.engine)

    def ask(self, verb: Verb, oids: list[str], request_id: int, repetitions: int) -> bytes:
        user = self._options.user_name.encode()
        return self._message(self._level, verb, oids, request_id, repetitions, user=user)

    def hear(self, data: bytes) -> Reply:
        opened = self._opened(data)
        security, flags = opened.security, opened.flags
        if security.engine != self._engine:
            raise NotOurs("another engine")
        genuine = bool(flags & 1) and self._is_genuine(data, security.digest)
        if flags & 1 and not genuine:
            raise NotOurs("a wrong digest")
        reply = reply_of(self._pdu(opened))
        if reply.is_report:
            self._report(reply, security)
        if self._level != "noAuthNoPriv" and not genuine:
            raise NotOurs("no digest")
        return reply

    def _report(self, reply: Reply, security: _Security) -> None:
        """Raises Again or Failed."""
        what = reply.values[0].oid if reply.values else ""
        if what in (_NOT_IN_TIME, _UNKNOWN_ENGINE) and not self._resynchronised:
            self._resynchronised = True
            self._meet(security)
            raise Again
        raise Failed("wrong", _REPORTS.get(what, f"the agent reports {what or 'nothing'}"))

    def _meet(self, security: _Security) -> None:
        self._engine, self._boots, self._time = security.engine, security.boots, security.time

    def _opened(self, data: bytes) -> _Opened:
        """Raises NotOurs."""
        try:
            (content,) = ber.several(data, ber.SEQUENCE)
            version, head, parameters, *_ = found = list(ber.elements(content))
            number, _, flags, _ = ber.several(
                head.content, ber.INTEGER, ber.INTEGER, ber.OCTETS, ber.INTEGER
            )
            (within,) = ber.several(parameters.content, ber.SEQUENCE)
            engine, boots, time, _, digest, salt = ber.several(within, *_PARAMETERS)
            if len(found) < 4 or not flags:
                raise BerError("a part is missing")
            opened = _Opened(
                flags=flags[0],
                security=_Security(
                    engine=engine,
                    boots=ber.signed(boots),
                    time=ber.signed(time),
                    digest=digest,
                    salt=salt,
                ),
                data=found[3],
            )
            if not (0 <= opened.security.boots <= MOST and 0 <= opened.security.time <= MOST):
                raise BerError("no time of an engine")
            is_ours = version.content == bytes((USM,)) and ber.signed(number) == self._number
        except ValueError as error:
            raise NotOurs(f"malformed: {error}") from None
        if not is_ours:
            raise NotOurs("another message id")
        return opened

    def _pdu(self, opened: _Opened) -> ber.Element:
        """Raises NotOurs."""
        scoped = opened.data
        try:
            if scoped.tag == ber.OCTETS:
                # Padding may follow.
                scoped = next(ber.elements(self._decrypted(opened)))
            if scoped.tag != ber.SEQUENCE or not scoped.is_whole:
                raise BerError("no scoped PDU")
            _, _, pdu = ber.elements(scoped.content)
        except (ValueError, StopIteration) as error:
            raise NotOurs(f"malformed: {error}") from None
        return pdu

    def _decrypted(self, opened: _Opened) -> bytes:
        """Raises NotOurs."""
        if self._privacy is None or not opened.flags & 2:
            raise NotOurs("encrypted, which was not asked for")
        of = opened.security
        plain: bytes | None = self._privacy.decrypt(
            self._privacy_key, (of.boots, of.time, of.salt), opened.data.content
        )
        if plain is None:
            raise NotOurs("it cannot be decrypted")
        return plain

    def _message(
        self,
        level: Literal["noAuthNoPriv", "authNoPriv", "authPriv"],
        verb: Verb,
        oids: list[str],
        request_id: int,
        repetitions: int,
        *,
        user: bytes,
    ) -> bytes:
        self._number = secrets.randbelow(1 << 31)
        context = self._options.context if self._engine else ""
        data = ber.element(
            ber.SEQUENCE,
            ber.element(ber.OCTETS, self._engine),
            ber.element(ber.OCTETS, context.encode()),
            pdu_of(verb, oids, request_id, repetitions),
        )
        salt = b""
        authentic = level != "noAuthNoPriv"
        if level == "authPriv" and self._privacy is not None:
            at = (self._boots, self._time, None)
            encrypted, salt = self._privacy.encrypt(self._privacy_key, at, data)
            data = ber.element(ber.OCTETS, encrypted)
        # A mark that occurs nowhere else, so that the place of the digest is known.
        mark = secrets.token_bytes(self._digest_bytes) if authentic else b""
        message = ber.element(
            ber.SEQUENCE,
            ber.integer(USM),
            ber.element(
                ber.SEQUENCE,
                ber.integer(self._number),
                ber.integer(MOST_BYTES),
                ber.element(ber.OCTETS, bytes([4 | authentic | (level == "authPriv") << 1])),
                ber.integer(USM),
            ),
            ber.element(
                ber.OCTETS,
                ber.element(
                    ber.SEQUENCE,
                    ber.element(ber.OCTETS, self._engine),
                    ber.integer(self._boots),
                    ber.integer(self._time),
                    ber.element(ber.OCTETS, user),
                    ber.element(ber.OCTETS, mark),
                    ber.element(ber.OCTETS, salt),
                ),
            ),
            data,
        )
        if not authentic:
            return message
        return message.replace(mark, self._digest(message.replace(mark, bytes(len(mark)))))

    def _digest(self, message: bytes) -> bytes:
        return hmac.new(self._auth_key, message, self._hash).digest()[: self._digest_bytes]

    def _is_genuine(self, message: bytes, digest: bytes) -> bool:
        if len(digest) != self._digest_bytes or not self._auth_key:
            return False
        blank = message.replace(digest, bytes(len(digest)), 1)
        return hmac.compare_digest(self._digest(blank), digest)

    def _localised(self, password: str) -> bytes:
        given = password.encode()
        expanded = (given * (EXPANDED // len(given) + 1))[:EXPANDED]
        key = hashlib.new(self._hash, expanded, usedforsecurity=False).digest()
        both = key + self._engine + key
        return hashlib.new(self._hash, both, usedforsecurity=False).digest()


def _privacy(options: SnmpOptions) -> Any:
    """Raises Failed."""
    if importlib.util.find_spec("cryptography") is None:
        raise Failed("denied", "privacy needs the package cryptography: pip install cryptography")
    from forepost.agent.probes.snmp import privacy  # noqa: PLC0415 - not before it is needed

    return privacy.Privacy(options.privacy_protocol or "AES", options.auth_protocol or "SHA")
