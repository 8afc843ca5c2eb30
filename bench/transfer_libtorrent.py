"""libtorrent as the transfer benchmark runs it: SSL torrents (v1), a process at each site."""

import datetime as dt
import subprocess
import sys
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench.transfer_lab import PORT, BenchSite

NAME = "root"
"""Of the torrent: certificates are for it."""


def libtorrent(places: list[BenchSite]) -> dict[str, float]:
    """A torrent of the source's folder, made before the clock runs."""
    _certify(places)
    running = [_begun(site, places) for site in places[:1]]
    try:
        assert _line(running[0]) == "ready"
        for site in places[1:]:
            running.append(_begun(site, places))
            assert _line(running[-1]) == "ready"
        began = time.monotonic()
        for one in running[1:]:
            _say(one, "go")
        for one in running[1:]:
            assert _line(one) == "done"
        took = time.monotonic() - began
        used = []
        for one in running:
            _say(one, "end")
            used.append([float(word) for word in _line(one).split()])
        return {
            "sec": took,
            "cpu_source": used[0][0],
            "cpu_each": sum(one[0] for one in used[1:]) / len(used[1:]),
            "rss": max(one[1] for one in used),
            "sent": used[0][2],
        }
    finally:
        for one in running:
            one.kill()
            one.wait()


def _begun(site: BenchSite, places: list[BenchSite]) -> "subprocess.Popen[str]":
    others = [f"{one.address}:{PORT}" for one in places[: site.number]]
    torrent = places[0].folder / "torrent"
    words = [sys.executable, "-m", "bench.transfer_libtorrent_peer", f"{site.address}:{PORT}"]
    return subprocess.Popen(
        site.command(*words, str(site.folder), str(torrent), *others),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _say(process: "subprocess.Popen[str]", word: str) -> None:
    assert process.stdin is not None
    process.stdin.write(word + "\n")
    process.stdin.flush()


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _certify(places: list[BenchSite]) -> None:
    """Each site has a certificate of one authority, for the torrent's name."""
    authority = ec.generate_private_key(ec.SECP256R1())
    root = _certificate("bench", authority, "bench", authority, is_authority=True)
    parameters = subprocess.run(
        ["openssl", "dhparam", "-dsaparam", "2048"], capture_output=True, check=True
    ).stdout
    for site in places:
        key = ec.generate_private_key(ec.SECP256R1())
        own = _certificate(NAME, key, "bench", authority, is_authority=False)
        _write(site.folder / "root.pem", root.public_bytes(serialization.Encoding.PEM))
        _write(site.folder / "certificate.pem", own.public_bytes(serialization.Encoding.PEM))
        _write(site.folder / "dh.pem", parameters)
        _write(
            site.folder / "key.pem",
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )


def _write(file: Path, data: bytes) -> None:
    file.write_bytes(data)


def _certificate(
    name: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    signer: ec.EllipticCurvePrivateKey,
    *,
    is_authority: bool,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(signer, hashes.SHA256())
    )
