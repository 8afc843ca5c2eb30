"""What an X.509 certificate says, whoever made it. Pure.

The only module that imports asn1crypto (1.2 MiB resident): it is imported by the first handshake.
"""

import hashlib
import ipaddress
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from asn1crypto import x509

from forepost.wire.probes.http import CertificateInfo
from forepost.wire.probes.tls import ChainCertificate

DAY_SEC: Final = 86_400
MOST_NAMES: Final = 200
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


class Malformed(ValueError):
    """These bytes are no certificate."""


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    subject: str
    issuer: str
    issuer_org: str
    not_before: datetime
    not_after: datetime
    names: list[str]
    addresses: list[str]
    fingerprint: str

    def days_left(self, now: datetime) -> int:
        return math.floor((self.not_after - now).total_seconds() / DAY_SEC)

    def info(self, now: datetime) -> CertificateInfo:
        return CertificateInfo(
            subject=self.subject,
            issuer=self.issuer,
            not_before=self.not_before,
            not_after=self.not_after,
            days_until_expiry=self.days_left(now),
            sans=(self.names + self.addresses)[:MOST_NAMES],
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
        )

    def is_for(self, host: str) -> bool:
        """Whether it names a host as RFC 6125 has it: the common name does not count, and a star
        stands for the first label only.
        """
        try:
            wanted = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            asked = _ascii(host)
            return any(_covers(name.lower().rstrip("."), asked) for name in self.names)
        return any(ipaddress.ip_address(one) == wanted for one in self.addresses)


def read(der: bytes) -> Certificate:
    """Raises Malformed."""
    try:
        certificate = x509.Certificate.load(der, strict=True)
        validity = certificate["tbs_certificate"]["validity"]
        names, addresses = _alternatives(certificate)
        return Certificate(
            subject=_name(certificate.subject),
            issuer=_name(certificate.issuer),
            issuer_org=_organisation(certificate.issuer),
            not_before=validity["not_before"].native,
            not_after=validity["not_after"].native,
            names=names,
            addresses=addresses,
            fingerprint=hashlib.sha256(der).hexdigest(),
        )
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError) as error:
        raise Malformed(f"{type(error).__name__}: {error}".partition("\n")[0]) from None


def _alternatives(certificate: Any) -> tuple[list[str], list[str]]:
    names: list[str] = []
    addresses: list[str] = []
    found = certificate.subject_alt_name_value
    for one in () if found is None else found:
        if one.name == "dns_name":
            names.append(str(one.native))
        elif one.name == "ip_address":
            addresses.append(str(ipaddress.ip_address(str(one.native))))
    return names, addresses


def _name(name: Any) -> str:
    """RFC 4514: the last part first."""
    parts = []
    for rdn in reversed(list(name.chosen)):
        pairs = (f"{_key(one['type'])}={_escaped(str(one['value'].native))}" for one in rdn)
        parts.append("+".join(pairs))
    return ",".join(parts)


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
                return str(one["value"].native)
    return ""


def _ascii(host: str) -> str:
    bare = host.lower().rstrip(".")
    try:
        return bare.encode("idna").decode()
    except UnicodeError:
        return bare


def _covers(name: str, host: str) -> bool:
    if name == host:
        return True
    star, _, rest = name.partition(".")
    first, _, parent = host.partition(".")
    return star == "*" and bool(first) and "." in rest and rest == parent


def readable(chain: Sequence[bytes]) -> list[Certificate]:
    """Raises Malformed."""
    return [read(der) for der in chain]
