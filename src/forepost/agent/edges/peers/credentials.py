"""Who this agent is to other agents, and whom it knows by their certificates.

A device is known by its public key alone. TLS itself lets in only who shows a certificate that it
was shown before (`meet`); so whoever dials for the first time shows its own first.
"""

import ssl
import threading
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from forepost.agent.cores.device_id import device_ids
from forepost.kit import files

LARGEST: Final = 4 << 10
"""Bytes of a certificate."""
FOLDER: Final = "peers"


class WrongCertificate(ValueError):
    """The text says why it is not taken."""


class Credentials:
    """Of one engine. Of several threads."""

    def __init__(self, key_file: Path, certificate_file: Path, state_dir: Path) -> None:
        """Raises OSError, ssl.SSLError, ValueError where the own files are not usable."""
        self._key_file, self._certificate_file = key_file, certificate_file
        self._folder = state_dir / FOLDER
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self.certificate = ssl.PEM_cert_to_DER_cert(certificate_file.read_text("ascii"))
        self.device_id = device_of(self.certificate)
        self._lock = threading.Lock()
        self._known: dict[str, bytes] = {}
        for path in self._folder.glob("*.der"):
            self._read(path)
        self._server = self._listening()
        self._dialing = _context(ssl.PROTOCOL_TLS_CLIENT)
        self._dialing.load_cert_chain(certificate_file, key_file)
        self._meeting = _context(ssl.PROTOCOL_TLS_CLIENT)

    def _read(self, path: Path) -> None:
        try:
            found = files.read(path, LARGEST)
            if device_of(found) == path.stem:
                self._known[path.stem] = found
                return
        except (WrongCertificate, OSError):
            pass
        path.unlink(missing_ok=True)

    def server(self) -> ssl.SSLContext:
        """For who dials: with a known certificate, or none."""
        return self._server

    def dialing(self) -> ssl.SSLContext:
        """Shows the own certificate. Whom it reached, the caller compares (`device_at`)."""
        return self._dialing

    def meeting(self) -> ssl.SSLContext:
        """Shows none."""
        return self._meeting

    def learn(self, certificate: bytes) -> str:
        """Know a device by its certificate from now on; return its id. Raises WrongCertificate,
        OSError.
        """
        device_id = device_of(certificate)
        with self._lock:
            if self._known.get(device_id) == certificate:
                return device_id
            files.replace(self._folder / f"{device_id}.der", certificate)
            self._known[device_id] = certificate
            self._server = self._listening()
        return device_id

    def forget_but(self, device_ids_: set[str]) -> None:
        """Know these devices any more and no others."""
        with self._lock:
            gone = self._known.keys() - device_ids_
            for device_id in gone:
                (self._folder / f"{device_id}.der").unlink(missing_ok=True)
                del self._known[device_id]
            if gone:
                self._server = self._listening()

    def _listening(self) -> ssl.SSLContext:
        context = _context(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificate_file, self._key_file)
        context.verify_mode = ssl.CERT_OPTIONAL
        for certificate in self._known.values():
            context.load_verify_locations(cadata=certificate)
        return context


def _context(protocol: ssl._SSLMethod) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if protocol == ssl.PROTOCOL_TLS_SERVER:
        context.num_tickets = 0
    return context


def device_of(certificate: bytes) -> str:
    """Return the id of the device whose certificate (DER) this is. Raises WrongCertificate."""
    if len(certificate) > LARGEST:
        raise WrongCertificate("a certificate of too many bytes")
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
        return device_ids(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))[0]
    except ValueError as error:
        raise WrongCertificate(f"not a certificate: {error}") from None


def device_at(connection: ssl.SSLSocket) -> str:
    """Return the id of the device at the other end; "": it showed no certificate.

    TLS 1.3 has it prove that it has the key. Raises WrongCertificate.
    """
    certificate = connection.getpeercert(binary_form=True)
    return device_of(certificate) if certificate else ""
