"""SNMP version 3 with the user-based security model (RFC 3412, 3414, 3826, 7860). Pure.

Authentication is HMAC of the standard library. Privacy is pysnmp's, which needs the package
cryptography (7 MiB resident): it is imported only where a probe asks for it.
"""

import hashlib
import hmac
import importlib.util
import secrets
from typing import Any, Final, Literal

from pyasn1.codec.ber import encoder
from pyasn1.type import namedtype, univ
from pysnmp.proto.api import v2c
from pysnmp.proto.error import ProtocolError, StatusInformation
from pysnmp.proto.mpmod import rfc3412

from forepost.agent.ports.dialer import Failed
from forepost.agent.probes.snmp.message import (
    Again,
    NotOurs,
    Reply,
    Verb,
    decoded,
    pdu_of,
    reply_of,
)
from forepost.wire.probes.snmp import SnmpOptions

MOST_BYTES: Final = 65_507
EXPANDED: Final = 1 << 20
"""A password is repeated to so many bytes before it is hashed (RFC 3414 A.2)."""
USM: Final = 3
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


class _Parameters(univ.Sequence):  # type: ignore[misc] # pyasn1 has no types
    """UsmSecurityParameters of RFC 3414."""

    componentType = namedtype.NamedTypes(  # noqa: N815 - pyasn1's name
        namedtype.NamedType("engine", univ.OctetString()),
        namedtype.NamedType("boots", univ.Integer()),
        namedtype.NamedType("time", univ.Integer()),
        namedtype.NamedType("user", univ.OctetString()),
        namedtype.NamedType("digest", univ.OctetString()),
        namedtype.NamedType("salt", univ.OctetString()),
    )


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
        _, parameters = self._opened(data)
        engine = bytes(parameters["engine"])
        if not 5 <= len(engine) <= 32:
            raise NotOurs("no engine id")
        self._meet(parameters)
        if self._level != "noAuthNoPriv":
            self._auth_key = self._localised(self._options.auth_password)
        if self._privacy is not None:
            self._privacy_key = self._privacy.localized(self._options.privacy_password, engine)

    def ask(self, verb: Verb, oids: list[str], request_id: int, repetitions: int) -> bytes:
        user = self._options.user_name.encode()
        return self._message(self._level, verb, oids, request_id, repetitions, user=user)

    def hear(self, data: bytes) -> Reply:
        message, parameters = self._opened(data)
        if bytes(parameters["engine"]) != self._engine:
            raise NotOurs("another engine")
        flags = bytes(message["msgGlobalData"]["msgFlags"])[0]
        genuine = bool(flags & 1) and self._is_genuine(data, bytes(parameters["digest"]))
        if flags & 1 and not genuine:
            raise NotOurs("a wrong digest")
        pdu = self._pdu(message, parameters, flags)
        if type(pdu).__name__ == "ReportPDU":
            self._report(reply_of(pdu), parameters)
        if self._level != "noAuthNoPriv" and not genuine:
            raise NotOurs("no digest")
        return reply_of(pdu)

    def _report(self, reply: Reply, parameters: Any) -> None:
        """Raises Again or Failed."""
        what = reply.values[0].oid if reply.values else ""
        if what in (_NOT_IN_TIME, _UNKNOWN_ENGINE) and not self._resynchronised:
            self._resynchronised = True
            self._meet(parameters)
            raise Again
        raise Failed("wrong", _REPORTS.get(what, f"the agent reports {what or 'nothing'}"))

    def _meet(self, parameters: Any) -> None:
        self._engine = bytes(parameters["engine"])
        self._boots, self._time = int(parameters["boots"]), int(parameters["time"])

    def _opened(self, data: bytes) -> tuple[Any, Any]:
        message = decoded(data, rfc3412.SNMPv3Message())
        if (
            int(message["msgVersion"]) != USM
            or int(message["msgGlobalData"]["msgID"]) != self._number
        ):
            raise NotOurs("another message id")
        return message, decoded(bytes(message["msgSecurityParameters"]), _Parameters())

    def _pdu(self, message: Any, parameters: Any, flags: int) -> Any:
        body = message["msgData"]
        if body.getName() == "plaintext":
            scoped = body["plaintext"]
        elif self._privacy is None or not flags & 2:
            raise NotOurs("encrypted, which was not asked for")
        else:
            try:
                plain = self._privacy.decrypt(
                    self._privacy_key,
                    (int(parameters["boots"]), int(parameters["time"]), parameters["salt"]),
                    body["encryptedPDU"],
                )
            except (StatusInformation, ProtocolError, ValueError, TypeError) as error:
                raise NotOurs(f"it cannot be decrypted: {type(error).__name__}") from None
            scoped = decoded(bytes(plain), rfc3412.ScopedPDU())
        return scoped["data"].getComponent()

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
        scoped = rfc3412.ScopedPDU()
        scoped["contextEngineId"], scoped["contextName"] = self._engine, b""
        pdu = pdu_of(v2c, verb, oids, request_id, repetitions)
        scoped.setComponentByPosition(2)
        scoped[2].setComponentByType(
            pdu.tagSet, pdu, verifyConstraints=False, matchTags=False, matchConstraints=False
        )
        salt: Any = b""
        message = rfc3412.SNMPv3Message()
        message["msgVersion"] = USM
        header = message.setComponentByPosition(1)["msgGlobalData"]
        header["msgID"], header["msgMaxSize"] = self._number, MOST_BYTES
        authentic = level != "noAuthNoPriv"
        header["msgFlags"] = bytes([4 | authentic | (level == "authPriv") << 1])
        header["msgSecurityModel"] = USM
        data = message.setComponentByPosition(3)["msgData"]
        if level == "authPriv" and self._privacy is not None:
            data["encryptedPDU"], salt = self._privacy.encrypt(
                self._privacy_key, (self._boots, self._time, None), encoder.encode(scoped)
            )
        else:
            data["plaintext"] = scoped
        # A mark that occurs nowhere else, so that the place of the digest is known.
        mark = secrets.token_bytes(self._digest_bytes) if authentic else b""
        parameters = _Parameters()
        parameters["engine"], parameters["user"] = self._engine, user
        parameters["boots"], parameters["time"] = self._boots, self._time
        parameters["digest"], parameters["salt"] = mark, salt
        message["msgSecurityParameters"] = encoder.encode(parameters)
        encoded: bytes = encoder.encode(message)
        if not authentic:
            return encoded
        return encoded.replace(mark, self._digest(encoded.replace(mark, bytes(len(mark)))))

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
