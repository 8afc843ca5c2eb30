"""The agent's own key, by which other agents know it, and the certificate that shows it to them.

Both lie in the state folder, so that a process of its own can be given them by name. The key is
made once; the certificate says nothing but the key, has no end, and is made anew where it is not of
the key.
"""

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from forepost.agent.cores.device_id import device_ids
from forepost.kit import files
from forepost.kit.health import Health
from forepost.kit.state_file import Damaged, StateFile

KEY: Final = "device-key.pem"
CERTIFICATE: Final = "device-cert.pem"
KNOWN: Final = "device-id.json"
LARGEST: Final = 16 << 10


class DeviceKey(msgspec.Struct, frozen=True, kw_only=True):
    device_id: str
    """Base32, as the Agent API and job files have it."""
    device_id_hex: str
    """The same bytes."""
    key_file: Path
    """PEM, for this user only."""
    certificate_file: Path
    """PEM, signed by the key itself."""


class KnownDevice(msgspec.Struct, frozen=True):
    """Of which files what was found: while they are the same nothing is looked at again."""

    spki: bytes
    sha256: str


def device_key(state_dir: Path, health: Health) -> DeviceKey:
    """Return the key of this agent, which is made at the first call.

    A key that is damaged is set aside, which is said: the agent has another device id then, and
    peers that name the former one refuse it. Raises OSError where the key can be neither read nor
    made.
    """
    key, certificate = state_dir / KEY, state_dir / CERTIFICATE
    file = StateFile(state_dir / KNOWN, msgspec.json.Decoder(KnownDevice).decode)
    known: KnownDevice | None = None
    with suppress(Damaged, OSError):
        known = file.load()
    if known is None or known.sha256 != _hash(key, certificate):
        from forepost.agent.edges.device_certificate import seen_to  # noqa: PLC0415 - 13 MiB

        spki = seen_to(key, certificate, health)
        known = KnownDevice(spki, _hash(key, certificate))
        file.keep(msgspec.json.encode(known), health)
    name, hexadecimal = device_ids(known.spki)
    return DeviceKey(
        device_id=name, device_id_hex=hexadecimal, key_file=key, certificate_file=certificate
    )


def _hash(*paths: Path) -> str:
    """Of what is in the files; "" where one cannot be read."""
    found = hashlib.sha256()
    for path in paths:
        try:
            found.update(hashlib.sha256(files.read(path, LARGEST)).digest())
        except OSError:
            return ""
    return found.hexdigest()
