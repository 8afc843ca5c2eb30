"""The agent's own key, by which other agents know it, and the certificate that shows it to them.

Both lie in the state folder, so that a process of its own can be given them by name. The key is
made once; the certificate says nothing but the key, has no end, and is made anew where it is not of
the key.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
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

KEY: Final = "device-key.pem"
CERTIFICATE: Final = "device-cert.pem"
ASIDE: Final = ".damaged"
LARGEST: Final = 16 << 10
_SINCE: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNTIL: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""RFC 5280: of a certificate without an end. The clock of a site may be wrong by years."""


class DeviceKey(msgspec.Struct, frozen=True, kw_only=True):
    device_id: str
    """Base32, as the Agent API and job files have it."""
    device_id_hex: str
    """The same bytes."""
    key_file: Path
    """PEM, for this user only."""
    certificate_file: Path
    """PEM, signed by the key itself."""


def device_key(state_dir: Path, health: Health) -> DeviceKey:
    """Return the key of this agent, which is made at the first call.

    A key that is damaged is set aside, which is said: the agent has another device id then, and
    peers that name the former one refuse it. Raises OSError where the key can be neither read nor
    made.
    """
    path = state_dir / KEY
    key = _known(path, health)
    if key is None:
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        files.replace(path, pem)
    certificate = state_dir / CERTIFICATE
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    name, hexadecimal = device_ids(spki)
    if not _is_of(certificate, spki):
        files.replace(certificate, _signed(key, name))
    return DeviceKey(
        device_id=name, device_id_hex=hexadecimal, key_file=path, certificate_file=certificate
    )


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
    aside = path.with_name(f"{KEY}{ASIDE}")
    path.replace(aside)
    health.ill(
        KEY,
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
