"""The key of an agent: made once, kept, and known by the same id everywhere."""

import base64
import hashlib
import logging
import re
import ssl
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from forepost.agent.edges.device_key import CERTIFICATE, KEY, DeviceKey, device_key
from forepost.kit.health import Health
from forepost.wire.jobs.job import DEVICE_ID


def of(folder: Path, health: Health | None = None) -> DeviceKey:
    return device_key(folder, health or Health(logging.getLogger("forepost.agent")))


def test_the_key_is_made_once_and_is_this_user_s_alone(tmp_path: Path) -> None:
    found = of(tmp_path)
    assert of(tmp_path) == found
    assert re.match(DEVICE_ID, found.device_id)
    for path in (found.key_file, found.certificate_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_id_is_that_of_the_public_key_in_both_spellings(tmp_path: Path) -> None:
    found = of(tmp_path)
    spki = subprocess.run(
        ["openssl", "pkey", "-in", str(found.key_file), "-pubout", "-outform", "DER"],
        capture_output=True,
        check=True,
    ).stdout
    first = hashlib.sha256(spki).digest()[:20]
    assert found.device_id == base64.b32encode(first).decode()
    assert found.device_id_hex == first.hex()
    assert len(found.device_id_hex) == 40


def test_the_certificate_is_of_the_key_and_has_no_end(tmp_path: Path) -> None:
    found = of(tmp_path)
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
        found.certificate_file, found.key_file
    )
    said = subprocess.run(
        ["openssl", "x509", "-in", str(found.certificate_file), "-noout", "-enddate", "-subject"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "9999" in said
    assert found.device_id in said, "two of one subject would be taken for each other"


@pytest.mark.parametrize("spoilt", [b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\n"])
def test_a_certificate_that_is_not_of_the_key_is_made_anew(tmp_path: Path, spoilt: bytes) -> None:
    found = of(tmp_path)
    (tmp_path / CERTIFICATE).write_bytes(spoilt)
    assert of(tmp_path) == found
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(found.certificate_file, found.key_file)


def test_a_key_with_whatever_flipped_bit_is_set_aside_and_that_is_said(tmp_path: Path) -> None:
    before = of(tmp_path)
    whole = (tmp_path / KEY).read_bytes()
    body = base64.b64decode(b"".join(whole.split(b"\n")[1:-2]))
    for at in range(len(body)):
        spoilt = bytearray(body)
        spoilt[at] ^= 1
        text = base64.encodebytes(spoilt)
        data = b"-----BEGIN PRIVATE KEY-----\n" + text + b"-----END PRIVATE KEY-----\n"
        (tmp_path / KEY).write_bytes(data)
        health = Health(logging.getLogger("forepost.agent"))
        after = of(tmp_path, health)
        assert after.device_id != before.device_id, at
        assert "another device id" in health.problems[KEY]
        assert (tmp_path / f"{KEY}.damaged").read_bytes() == data
        assert of(tmp_path) == after
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(after.certificate_file, after.key_file)


def test_a_key_of_another_kind_is_none_of_ours(tmp_path: Path) -> None:
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "ED25519", "-out", str(tmp_path / KEY)], check=True
    )
    health = Health(logging.getLogger("forepost.agent"))
    of(tmp_path, health)
    assert KEY in health.problems


def test_a_key_that_cannot_be_read_is_not_replaced(tmp_path: Path) -> None:
    """A link there is somebody else's doing: nothing is written through it, and nothing is lost."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("not ours")
    (tmp_path / KEY).symlink_to(elsewhere)
    with pytest.raises(OSError, match="symbolic links"):
        of(tmp_path)
    assert elsewhere.read_text() == "not ours"


def test_a_key_that_is_as_it_was_needs_no_cryptography(tmp_path: Path) -> None:
    """13 MiB that an agent does not carry about for its whole life."""
    code = (
        "import logging, sys; from pathlib import Path\n"
        "from forepost.agent.edges.device_key import device_key\n"
        "from forepost.kit.health import Health\n"
        "found = device_key(Path(sys.argv[1]), Health(logging.getLogger()))\n"
        "print(found.device_id, 'cryptography' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    said = [subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(2)]
    first, second = (one.stdout.split() for one in said)
    assert (first[1], second[1]) == ("True", "False")
    assert first[0] == second[0]
    (tmp_path / "device-id.json").write_bytes(b"nonsense")
    third = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert third == first
