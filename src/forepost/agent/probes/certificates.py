"""What an X.509 certificate says, whoever made it: one odd field costs that field. Pure.

The only module that imports asn1crypto (1.2 MiB resident): it is imported by the first handshake.
"""

import hashlib
import ipaddress
import math
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import msgspec
from asn1crypto import core, x509

from forepost.kit.idna_name import presented
from forepost.wire.probes.http import CertificateInfo
from forepost.wire.probes.tls import ChainCertificate

T = TypeVar("T")
DAY_SEC: Final = 86_400
MOST_NAMES: Final = 200
MOST_SERIAL_BITS: Final = 512
_NEVER: Final = datetime.max.replace(tzinfo=UTC)
_WRONG: Final = (
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    RecursionError,
)
"""What asn1crypto raises for what it cannot read."""
_SHORT: Final = {
    "common_name": "CN",
    "organization_name": "O",
    "organizational_unit_name": "OU",
    "country_name": "C",
    "locality_name": "L",
    "state_or_province_name": "ST",
    "street_address": "STREET",
    "domain_component": "DC",
    "user_id": "UID",
    "serial_number": "SERIALNUMBER",
    "email_address": "E",
}
_KEYS: Final = {"rsa": "RSA", "rsassa_pss": "RSA-PSS", "dsa": "DSA", "ec": "EC", "dh": "DH"}
_TIME: Final = re.compile(
    r"(?P<year>\d{2}|\d{4})(?P<month>\d\d)(?P<day>\d\d)(?P<hour>\d\d)"
    r"(?:(?P<minute>\d\d)(?:(?P<second>\d\d)(?:[.,]\d+)?)?)?"
    r"(?:Z|(?P<sign>[+-])(?P<off_hour>\d\d)(?P<off_minute>\d\d))?"
)


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    subject: str
    issuer: str
    issuer_org: str
    not_before: datetime | None
    not_after: datetime | None
    names: list[str]
    addresses: list[str]
    fingerprint: str
    serial: str = ""
    key: str = ""
    key_bits: int = 0
    signature: str = ""
    unreadable: tuple[str, ...] = ()
    """Fields that could not be read."""

    def days_left(self, now: datetime) -> int | None:
        if self.not_after is None:
            return None
        return math.floor((self.not_after - now).total_seconds() / DAY_SEC)

    def info(self, now: datetime) -> CertificateInfo:
        return CertificateInfo(
            subject=self.subject,
            issuer=self.issuer,
            not_before=self.not_before,
            not_after=self.not_after,
            days_until_expiry=self.days_left(now),
            sans=(self.names + self.addresses)[:MOST_NAMES],
            serial=self.serial,
            key=self.key,
            key_bits=self.key_bits,
            signature=self.signature,
            unreadable=list(self.unreadable),
        )

    def link(self, now: datetime) -> ChainCertificate:
        return ChainCertificate(
            subject=self.subject,
            issuer=self.issuer,
            not_before=self.not_before,
            not_after=self.not_after,
            days_until_expiry=self.days_left(now),
            issuer_org=self.issuer_org,
            fingerprint=self.fingerprint,
            serial=self.serial,
            key=self.key,
            key_bits=self.key_bits,
            signature=self.signature,
            unreadable=list(self.unreadable),
        )

    def is_for(self, host: str) -> bool:
        """Whether it names a host as RFC 9525 has it: the common name does not count, and a star
        stands for the first label only.
        """
        try:
            wanted = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            asked = presented(host)
            return any(_covers(name.lower().rstrip("."), asked) for name in self.names)
        return any(ipaddress.ip_address(one) == wanted for one in self.addresses)


def read(der: bytes) -> Certificate:
    """Read what can be read. What is no certificate at all has a fingerprint."""
    fields = _Fields()
    body = fields.read("certificate", lambda: _body(der), None)
    if body is None:
        return _made(fields, der)
    nobody: tuple[list[str], list[str]] = [], []
    names, addresses = fields.read("subject_alt_name", lambda: _alternatives(body), nobody)
    key, key_bits = fields.read("key", lambda: _key_of(body), ("", 0))
    return _made(
        fields,
        der,
        subject=fields.read("subject", lambda: _name(body["subject"]), ""),
        issuer=fields.read("issuer", lambda: _name(body["issuer"]), ""),
        issuer_org=fields.read("issuer", lambda: _organisation(body["issuer"]), ""),
        not_before=fields.read("not_before", lambda: _time(body["validity"]["not_before"]), None),
        not_after=fields.read("not_after", lambda: _time(body["validity"]["not_after"]), None),
        names=names,
        addresses=addresses,
        serial=fields.read("serial", lambda: _serial(body), ""),
        key=key,
        key_bits=key_bits,
        signature=fields.read("signature", lambda: _signature(body), ""),
    )


class _Fields:
    def __init__(self) -> None:
        self.unreadable: dict[str, None] = {}

    def read(self, name: str, take: Callable[[], T], otherwise: T) -> T:
        try:
            return take()
        except _WRONG:
            self.unreadable[name] = None
            return otherwise


def _made(fields: _Fields, der: bytes, **known: Any) -> Certificate:
    nothing: dict[str, Any] = {
        "subject": "",
        "issuer": "",
        "issuer_org": "",
        "not_before": None,
        "not_after": None,
        "names": [],
        "addresses": [],
    }
    return Certificate(
        **nothing | known,
        fingerprint=hashlib.sha256(der).hexdigest(),
        unreadable=tuple(fields.unreadable),
    )


def _body(der: bytes) -> Any:
    certificate = x509.Certificate.load(der)
    body = certificate["tbs_certificate"]
    body["validity"]
    return body


def _alternatives(body: Any) -> tuple[list[str], list[str]]:
    """Each name by itself: one that is odd does not hide the others."""
    names: list[str] = []
    addresses: list[str] = []
    extensions = body["extensions"]
    for extension in [] if isinstance(extensions, core.Void) else extensions:
        if extension["extn_id"].dotted != "2.5.29.17":
            continue
        for place in range(len(parsed := extension["extn_value"].parsed)):
            try:
                one = parsed[place]
                if one.name == "dns_name":
                    # As it is written, in A-labels: `native` reads them by IDNA 2003.
                    names.append(bytes(one.chosen.contents).decode("latin-1"))
                elif one.name == "ip_address":
                    addresses.append(str(ipaddress.ip_address(str(one.native))))
            except _WRONG:
                continue
    return names, addresses


def _key_of(body: Any) -> tuple[str, int]:
    """Its kind, with the curve, and its size; of a kind that is not known the OID."""
    info = body["subject_public_key_info"]
    kind = info["algorithm"]["algorithm"]
    name = _KEYS.get(kind.native, str(kind.native))
    if kind.native == "ec":
        curve = info["algorithm"]["parameters"].chosen
        return f"{name} {curve.native}", _bits(info)
    return (name.title() if name in ("ed25519", "ed448") else name), _bits(info)


def _bits(info: Any) -> int:
    try:
        return int(info.bit_size)
    except _WRONG:
        return 0


def _signature(body: Any) -> str:
    """As OpenSSL writes it: sha256WithRSAEncryption; here sha256_rsa; else the OID."""
    return str(body["signature"]["algorithm"].native)


def _serial(body: Any) -> str:
    """In hex; a negative one has its sign."""
    number = int(body["serial_number"].native)
    if number.bit_length() > MOST_SERIAL_BITS:
        raise ValueError
    return f"{number:x}"


def _time(value: Any) -> datetime:
    """As RFC 5280 has it, and without seconds, with an offset or a fraction, as some write it."""
    chosen = value.chosen
    found = _TIME.fullmatch(bytes(chosen.contents).decode("ascii"))
    if found is None:
        raise ValueError
    part = {name: int(text) for name, text in found.groupdict("0").items() if name != "sign"}
    year = part["year"]
    if len(found["year"]) == 2:
        year += 1900 if year >= 50 else 2000
    moment = datetime(
        year, part["month"], part["day"], part["hour"], part["minute"], part["second"], tzinfo=UTC
    )
    offset = timedelta(hours=part["off_hour"], minutes=part["off_minute"])
    return moment + offset if found["sign"] == "-" else moment - offset


def _name(name: Any) -> str:
    """RFC 4514: the last part first."""
    parts = []
    for rdn in reversed(list(name.chosen)):
        pairs = (f"{_key(one['type'])}={_escaped(_text(one['value']))}" for one in rdn)
        parts.append("+".join(pairs))
    return ",".join(parts)


def _text(value: Any) -> str:
    """Of a text that is not in the encoding that it names, what is readable."""
    try:
        return str(value.native)
    except _WRONG:
        inner = getattr(value, "chosen", value)
        return bytes(inner.contents or b"").decode("latin-1")


def _key(kind: Any) -> str:
    return _SHORT.get(kind.native) or str(kind.dotted)


def _escaped(text: str) -> str:
    escaped = "".join(f"\\{one}" if one in ',+"\\<>;' else one for one in text)
    if escaped.startswith((" ", "#")):
        escaped = "\\" + escaped
    return escaped[:-1] + "\\ " if len(text) > 1 and text.endswith(" ") else escaped


def _organisation(name: Any) -> str:
    for rdn in name.chosen:
        for one in rdn:
            if one["type"].native == "organization_name":
                return _text(one["value"])
    return ""


def _covers(name: str, host: str) -> bool:
    if name == host:
        return True
    star, _, rest = name.partition(".")
    first, _, parent = host.partition(".")
    return star == "*" and bool(first) and "." in rest and rest == parent


def first_to_end(chain: Sequence[Certificate]) -> Certificate:
    """Return that of a chain which ends first, as far as it is known."""
    return min(chain, key=lambda one: one.not_after or _NEVER)
