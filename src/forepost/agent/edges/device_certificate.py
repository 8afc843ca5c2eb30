"""Makes and checks an agent's own key and certificate. It imports `cryptography`: 13 MiB, which an
agent whose key is as it was does without.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from forepost.agent.cores.device_id import device_ids
from forepost.kit import files
from forepost.kit.health import Health

ASIDE: Final = ".damaged"
LARGEST: Final = 16 << 10
_SINCE: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNTIL: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""RFC 5280: of a certificate without an end. The clock of a site may be wrong by years."""


def seen_to(path: Path, certificate: Path, health: Health) -> bytes:
    """See that both files are there and are of one key; return its public half
    (SubjectPublicKeyInfo, DER). Raises OSError.
    """
    key = _known(path, health)
    if key is None:
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        files.replace(path, pem)
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if not _is_of(certificate, spki):
        files.replace(certificate, _signed(key, device_ids(spki)[0]))
    return spki


def _known(path: Path, health: Health) -> ec.EllipticCurvePrivateKey | None:
    """The key that is there; None: one is to be made. Raises OSError."""
    try:
        data = files.read(path, LARGEST)
    except FileNotFoundError:
        return None
    try:
        return _checked(data)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        reason = str(error)
    aside = path.with_name(f"{path.name}{ASIDE}")
    path.replace(aside)
    health.ill(
        path.name,
        f"{path} is damaged ({reason}) and set aside as {aside.name}: this agent has another device"
        " id now, which its peers must be told",
        lasting=True,
    )
    return None


def _checked(data: bytes) -> ec.EllipticCurvePrivateKey:
    """Raises ValueError, TypeError, UnsupportedAlgorithm."""
    key = load_pem_private_key(data, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise TypeError("not of the kind that this agent makes")
    numbers = key.private_numbers()
    if ec.derive_private_key(numbers.private_value, key.curve).private_numbers() != numbers:
        raise ValueError("its two halves are not of one key")
    return key


def _is_of(path: Path, spki: bytes) -> bool:
    try:
        found = x509.load_pem_x509_certificate(files.read(path, LARGEST))
    except (OSError, ValueError):
        return False
    public = found.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return public == spki


def _signed(key: ec.EllipticCurvePrivateKey, name: str) -> bytes:
    """`name`: of this device alone, as OpenSSL finds a certificate that it knows by its subject."""
    said = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(said)
        .issuer_name(said)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_SINCE)
        .not_valid_after(_UNTIL)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM)
