"""Whom an agent believes on the way to its controller, and what it shows there."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from forepost.agent.settings import UplinkSection, read
from forepost.agent.way import Way
from forepost.kit.http import Unreachable
from forepost.kit.pins import pin_of
from forepost.kit.settings import WrongSettings
from tests.receiver import Receiver

pytestmark = pytest.mark.anyio


class Issuer:
    """A private authority; its certificate is in `file`."""

    def __init__(self, folder: Path, name: str) -> None:
        self.ca = trustme.CA()
        self.file = folder / f"{name}.pem"
        self.ca.cert_pem.write_to_path(str(self.file))

    def server(self, *, client_of: "Issuer | None" = None) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.leaf = self.ca.issue_cert("localhost")
        self.leaf.configure_cert(context)
        if client_of is not None:
            client_of.ca.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    @property
    def pin(self) -> str:
        return pin_of(ssl.PEM_cert_to_DER_cert(self.leaf.cert_chain_pems[0].bytes().decode()))

    def client(self, folder: Path) -> tuple[str, str]:
        leaf = self.ca.issue_cert("agent.example")
        cert, key = folder / "client.pem", folder / "client.key"
        cert.write_bytes(leaf.cert_chain_pems[0].bytes())
        key.write_bytes(leaf.private_key_pem.bytes())
        (folder / "both.pem").write_bytes(leaf.private_key_and_cert_chain_pem.bytes())
        return str(cert), str(key)


async def asked(way: Way, receiver: Receiver, pin_sha256: str = "") -> int:
    url = f"https://localhost:{receiver.port}/"
    return (await way.request("GET", url, pin_sha256=pin_sha256)).status


async def test_an_authority_of_ones_own_takes_the_place_of_all_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, other = Issuer(tmp_path, "own"), Issuer(tmp_path, "other")
    monkeypatch.setenv("SSL_CERT_FILE", str(other.file))  # as the system's
    with Receiver(tls=own.server()) as receiver:
        assert await asked(Way(ca_file=str(own.file)), receiver) == 200
        with pytest.raises(Unreachable, match="unable to get local issuer certificate"):
            await asked(Way(), receiver)
    with Receiver(tls=other.server()) as receiver:
        assert await asked(Way(), receiver) == 200
        with pytest.raises(Unreachable, match="unable to get local issuer certificate"):
            await asked(Way(ca_file=str(own.file)), receiver)


async def test_a_renewed_authority_counts_from_the_next_connection_on(tmp_path: Path) -> None:
    old, new = Issuer(tmp_path, "old"), Issuer(tmp_path, "new")
    file = tmp_path / "ca.pem"
    file.write_bytes(old.file.read_bytes())
    way = Way(ca_file=str(file))
    with Receiver(tls=new.server()) as receiver:
        with pytest.raises(Unreachable, match="local issuer"):
            await asked(way, receiver)
        file.write_bytes(new.file.read_bytes())
        assert await asked(way, receiver) == 200
        file.unlink()
        with pytest.raises(Unreachable, match=rf"uplink\.ca_file: {file}: No such file"):
            await asked(way, receiver)


async def test_a_pin_beside_an_authority_and_both_must_hold(tmp_path: Path) -> None:
    own, other = Issuer(tmp_path, "own"), Issuer(tmp_path, "other")
    with Receiver(tls=own.server()) as receiver:
        assert await asked(Way(ca_file=str(own.file)), receiver, own.pin) == 200
        with pytest.raises(Unreachable, match="not the pinned one"):
            await asked(Way(ca_file=str(own.file)), receiver, "0" * 64)
        with pytest.raises(Unreachable, match="local issuer"):
            await asked(Way(ca_file=str(other.file)), receiver, own.pin)


@pytest.mark.parametrize("pinned", [False, True])
async def test_a_certificate_of_the_client(tmp_path: Path, pinned: bool) -> None:
    own = Issuer(tmp_path, "own")
    cert, key = own.client(tmp_path)
    shows = Way(ca_file=str(own.file), client_cert_file=cert, client_key_file=key)
    with Receiver(tls=own.server(client_of=own)) as receiver:
        pin = own.pin if pinned else ""
        assert await asked(shows, receiver, pin) == 200
        in_one = Way(ca_file=str(own.file), client_cert_file=str(tmp_path / "both.pem"))
        assert await asked(in_one, receiver, pin) == 200
        with pytest.raises(Unreachable, match=r"certificate required|reset|closed|EOF"):
            await asked(Way(ca_file=str(own.file)), receiver, pin)


def encrypted(folder: Path) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        PrivateFormat,
    )

    path = folder / "encrypted.key"
    path.write_bytes(
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"long enough")
        )
    )
    return str(path)


def test_a_file_that_is_of_no_use_is_named(tmp_path: Path) -> None:
    own, other = Issuer(tmp_path, "own"), Issuer(tmp_path, "other")
    cert, _ = own.client(tmp_path)
    (tmp_path / "o").mkdir()
    _, others_key = other.client(tmp_path / "o")
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing")
    for way, key, file in (
        (Way(ca_file="/nowhere.pem"), "ca_file", "/nowhere.pem"),
        (Way(ca_file=str(tmp_path)), "ca_file", str(tmp_path)),
        (Way(ca_file=str(empty)), "ca_file", str(empty)),
        (Way(client_cert_file="/nowhere.pem"), "client_cert_file", "/nowhere.pem"),
        (Way(client_cert_file=cert), "client_cert_file", cert),
        (Way(client_cert_file=cert, client_key_file=others_key), "client_cert_file", others_key),
        (
            Way(client_cert_file=cert, client_key_file=encrypted(tmp_path)),
            "client_cert_file",
            "encrypted.key",
        ),
    ):
        with pytest.raises(Unreachable) as raised:
            way.context("")
        assert str(raised.value).startswith(f"uplink.{key}: "), raised.value
        assert file in str(raised.value)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"PROXY": "https://me:s3cr3t@p.example"}, "proxy: https:// is no proxy"),
        ({"PROXY": "http://me:s3cr3t@p.example:x"}, "proxy: is not http://"),
        ({"CLIENT_KEY_FILE": "/k"}, "client_key_file: needs client_cert_file"),
    ],
)
def test_settings_that_are_wrong_are_named(keys: dict[str, str], said: str) -> None:
    with pytest.raises(WrongSettings) as raised:
        read(None, {f"FOREPOST_UPLINK__{key}": value for key, value in keys.items()})
    assert said in str(raised.value)
    assert "uplink" in str(raised.value)
    assert "s3cr3t" not in str(raised.value)


def test_no_proxy_where_the_setting_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://p.example:1")
    there = "https://controller.example"
    assert str(UplinkSection().way.proxy_for(there)) == "http://p.example:1"
    assert UplinkSection(proxy="none").way.proxy_for(there) is None
    for here in ("http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]"):
        # Plain is allowed there, so the key must not go elsewhere.
        assert UplinkSection(proxy="http://p:1").way.proxy_for(here) is None
    assert str(UplinkSection(proxy="socks5://q").way.proxy_for(there)) == "socks5://q:1080"
    monkeypatch.setenv("HTTPS_PROXY", "nonsense://me:s3cr3t@p.example")
    with pytest.raises(Unreachable, match="HTTPS_PROXY of the environment") as raised:
        UplinkSection().way.proxy_for(there)
    assert "s3cr3t" not in str(raised.value)


@contextlib.contextmanager
def silent() -> Iterator[int]:
    """A proxy that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        over = threading.Event()
        yield listening.getsockname()[1]
        over.set()


async def test_a_proxy_that_hangs_is_named() -> None:
    with silent() as port:
        way = Way(proxy=f"http://me:s3cr3t@127.0.0.1:{port}")
        with pytest.raises(Unreachable) as raised:
            await way.request("GET", "http://c.example/", within_sec=0.5)
    said = f"http://c.example: the proxy http://127.0.0.1:{port}: no answer in 0 s"
    assert str(raised.value).startswith(said[:-3])
