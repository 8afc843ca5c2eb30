"""TLS against servers of every kind of wrong, on loopback."""

import asyncio
import hashlib
import ssl
from pathlib import Path

import pytest

from forepost.agent.probes import tls
from forepost.agent.probes.certificates import read
from forepost.kit.clock import SystemClock
from forepost.wire.probes.tls import TlsOptions, TlsResult
from tests.lab.certificates import LONG_AGO, Authority, in_days, self_signed
from tests.lab.peers import answering, real_edges, rudeness, serving, silence

pytestmark = pytest.mark.anyio


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    made = Authority(tmp_path)
    made.trusted(monkeypatch)
    return made


async def look(server: ssl.SSLContext | None, **options: object) -> TlsResult:
    async with serving(silence, server) as port:
        return await measure(f"localhost:{port}", **options)


async def measure(target: str, **options: object) -> TlsResult:
    asked = TlsOptions(**{"timeout_sec": 5.0, **options})  # type: ignore[arg-type]
    return await tls.run(asked, target, SystemClock(), real_edges())


async def test_a_good_server_is_trusted_in_one_handshake(authority: Authority) -> None:
    asked: list[str] = []
    server = authority.server("localhost", "127.0.0.1")
    server.set_alpn_protocols(["http/1.1"])
    server.sni_callback = lambda _, name, __: asked.append(name)
    async with serving(silence, server) as port:
        got = await measure(f"localhost:{port}")
    assert asked == ["localhost"]
    assert got.error == got.verify_error == ""
    assert (got.trusted, got.name_matches, got.is_expired, got.is_expiring_soon) == (
        (True, True, False, False)
    )
    assert (got.tls_version, got.protocol) == ("TLS 1.3", "TLS 1.3")
    assert got.tls_cipher_suite == "TLS_AES_256_GCM_SHA384"
    assert (got.alpn, got.server_name) == ("http/1.1", "localhost")
    assert got.remote_addr == f"127.0.0.1:{port}"
    assert got.cert_type == "leaf"
    assert got.issuer_org == "Lab authority"
    assert got.certificate is not None
    assert got.certificate.sans == ["localhost", "127.0.0.1"]
    assert got.certificate.subject.startswith("CN=localhost,")
    assert got.certificate.days_until_expiry == got.days_until_expiry
    assert (got.days_until_expiry or 0) > 1_000
    assert 0 < got.tls_handshake_ms < 5_000
    assert got.tcp_connect_ms > 0


async def test_an_expired_certificate_is_shown_whole(authority: Authority) -> None:
    got = await look(authority.server("localhost", not_after=in_days(-2.5)))
    assert got.error == "certificate verify failed: certificate has expired"
    assert (got.trusted, got.name_matches, got.is_expired) == (False, True, True)
    assert (got.is_expiring_soon, got.days_until_expiry) == (False, -3)
    assert got.certificate is not None
    assert got.certificate.not_before == LONG_AGO
    assert len(got.cert_fingerprint) == 64
    assert got.tls_version == "TLS 1.3"


async def test_one_that_expires_soon_is_trusted_and_said(authority: Authority) -> None:
    got = await look(authority.server("localhost", not_after=in_days(29.5)))
    assert (got.trusted, got.is_expiring_soon, got.days_until_expiry) == (True, True, 29)
    got = await look(authority.server("localhost", not_after=in_days(31.5)))
    assert (got.is_expiring_soon, got.days_until_expiry) == (False, 31)


async def test_a_self_signed_one(authority: Authority, tmp_path: Path) -> None:
    got = await look(self_signed(tmp_path))
    assert got.error == "certificate verify failed: self-signed certificate"
    assert (got.cert_type, got.trusted, got.name_matches) == ("self-signed", False, False)
    quiet = await look(self_signed(tmp_path), insecure_skip_verify=True)
    assert quiet.error == ""
    assert quiet.verify_error == "certificate verify failed: self-signed certificate"


async def test_a_wrong_name_is_told_apart_from_trust(authority: Authority) -> None:
    got = await look(authority.server("other.example"))
    assert (got.trusted, got.name_matches) == (True, False)
    assert got.error == "the certificate is not for localhost"
    named = await look(authority.server("other.example"), server_name="other.example")
    assert (named.error, named.name_matches, named.server_name) == ("", True, "other.example")


async def test_a_chain_with_and_without_its_middle(authority: Authority) -> None:
    got = await look(authority.server("localhost", intermediate=True))
    assert (got.error, got.trusted, got.cert_type) == ("", True, "leaf+intermediate")
    assert len(got.certificate_chain) == 2
    assert got.certificate_chain[0].issuer == got.certificate_chain[1].subject
    broken = await look(authority.server("localhost", intermediate=True, complete=False))
    assert broken.error == "certificate verify failed: unable to get local issuer certificate"
    assert (broken.trusted, broken.cert_type, len(broken.certificate_chain)) == (False, "leaf", 1)


async def test_an_old_protocol_is_seen_and_not_trusted(authority: Authority) -> None:
    old = authority.server("localhost")
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    got = await look(old)
    assert (got.tls_version, got.trusted) == ("TLS 1.1", False)
    assert got.tls_cipher_suite == "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"
    assert got.error == got.verify_error == "the connection was closed"
    assert got.certificate is not None


async def test_what_is_no_tls_server(authority: Authority) -> None:
    async with serving(answering(b"")) as port:
        got = await measure(f"127.0.0.1:{port}", timeout_sec=0.3)
    assert got.error == "tls: no answer in 0.3 s"
    async with serving(rudeness) as port:
        got = await measure(f"127.0.0.1:{port}")
    assert got.error == "tls: connection reset by peer"

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ready\r\n")
        await reader.read()

    async with serving(plain) as port:
        got = await measure(f"127.0.0.1:{port}")
    assert got.error == "tls: wrong version number"
    assert (got.tls_version, got.certificate) == ("", None)
    assert got.remote_addr == f"127.0.0.1:{port}"


async def test_nobody_and_nowhere(unused_port: int) -> None:
    got = await measure(f"127.0.0.1:{unused_port}")
    assert got.error == "connect: connection refused"
    got = await measure("host.invalid:443")
    assert got.error == "resolve: host.invalid: name or service not known"
    assert got.remote_addr == ""
    got = await measure("[::1")
    assert got.error == "target: '[::1': no closing bracket before the port"


async def test_an_address_is_a_name_too_over_ipv6(authority: Authority) -> None:
    async with serving(silence, authority.server("::1"), "::1") as port:
        got = await measure(f"https://[::1]:{port}/path")
    assert (got.error, got.trusted, got.name_matches) == ("", True, True)
    assert got.remote_addr == f"[::1]:{port}"


async def test_the_fingerprint_is_that_of_the_certificate(authority: Authority) -> None:
    server = authority.server("localhost")
    async with serving(silence, server) as port:
        pem = await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", port))
        got = await measure(f"localhost:{port}")
    der = ssl.PEM_cert_to_DER_cert(pem)
    assert got.cert_fingerprint == hashlib.sha256(der).hexdigest()
    assert read(der).names == ["localhost"]
