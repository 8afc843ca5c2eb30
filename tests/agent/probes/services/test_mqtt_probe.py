"""MQTT brokers: whether they take a client, and what they have of a topic."""

import asyncio
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt import publish

from forepost.agent.probes.services import mqtt_packets
from forepost.agent.probes.services.mqtt_packets import WrongPacket
from forepost.wire.probes.options import WrongOption
from tests.agent.probes.services.asked import asked
from tests.lab import services
from tests.lab.certificates import Authority
from tests.lab.peers import serving, silence

pytestmark = pytest.mark.anyio


async def test_a_real_broker(tmp_path: Path) -> None:
    with services.mosquitto(tmp_path) as port:
        got = await asked("MQTT", f"127.0.0.1:{port}")
    assert (got.error, got.return_code, got.messages) == ("", 0, 0)
    assert got.answer_ms > 0


async def test_a_message_that_is_kept(tmp_path: Path) -> None:
    with services.mosquitto(tmp_path) as port:
        at = f"127.0.0.1:{port}"
        for topic, payload in (("site/a", "off"), ("site/b", "on")):
            publish.single(topic, payload, retain=True, hostname="127.0.0.1", port=port)
        any_of_it = await asked("MQTT", at, topic="site/#")
        the_one = await asked("MQTT", at, topic="site/#", expect="on")
        by_words = await asked("MQTT", at, topic="site/b", expect="^o.$", expect_match="regex")
        never = await asked("MQTT", at, topic="site/a", expect="on", timeout_sec=0.5)
        nothing = await asked("MQTT", at, topic="other/#", timeout_sec=0.5)
    assert (any_of_it.error, any_of_it.messages) == ("", 1)
    assert (the_one.error, by_words.error) == ("", "")
    assert (never.error, never.messages) == ("message: not the one that is expected in 0.5 s", 1)
    assert nothing.messages == 0
    assert nothing.error == "message: not the one that is expected in 0.5 s"


def with_passwords(folder: Path) -> str:
    passwords = folder / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", passwords, "me", "opensesame"], check=True)
    passwords.chmod(0o644)
    folder.chmod(0o755)
    return f"password_file {passwords}"


async def test_passwords(tmp_path: Path) -> None:
    settings = with_passwords(tmp_path)

    with services.mosquitto(tmp_path, settings) as port:
        at = f"127.0.0.1:{port}"
        got = await asked("MQTT", at, username="me", password="opensesame")
        wrong = await asked("MQTT", at, username="me", password="guessed")
        without = await asked("MQTT", at)
    assert got.error == ""
    assert wrong.return_code == without.return_code == 5
    assert wrong.error == "connack: the broker does not let this client in (return code 5)"


async def test_inside_tls(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    chain = authority.file("localhost")
    ca = tmp_path / "ca.pem"
    authority.ca.cert_pem.write_to_path(ca)
    settings = f"allow_anonymous true\ncertfile {chain}\nkeyfile {chain}\ncafile {ca}"
    with services.mosquitto(tmp_path, settings) as port:
        got = await asked("MQTT", f"localhost:{port}", tls=True, ca_pem=ca.read_text())
        clear = await asked("MQTT", f"localhost:{port}")
    assert (got.error, got.tls_version) == ("", "TLS 1.3")
    assert clear.error.startswith("connack: ")


def says(answer: bytes, *, again: bool = False) -> Any:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(answer)
        while again:
            writer.write(answer * 1_000)
            await writer.drain()
        await reader.read()

    return talk


ACCEPTED = bytes((0x20, 2, 0, 0))


@pytest.mark.parametrize(
    ("talk", "error"),
    [
        (silence, "connack: no answer in 2 s"),
        (says(b"HTTP/1.1 400"), "connack: the answer is no CONNACK: this is no MQTT broker"),
        (says(b"\x20\xff\xff\x7f"), "connack: a packet of more than 64 KiB"),
        (says(b"\x20\x03\0\0\0"), "connack: the answer is no CONNACK: this is no MQTT broker"),
        (
            says(bytes((0x20, 2, 0, 1))),
            "connack: the broker does not speak MQTT 3.1.1 (return code 1)",
        ),
        (says(bytes((0x20, 2, 0, 9))), "connack: the broker refuses (return code 9)"),
        (says(bytes((0xD0, 0))), "connack: the answer is no CONNACK: this is no MQTT broker"),
        (says(b"\x20\xff\xff\xff\xff\xff"), "connack: the length of a packet has no end"),
        (says(ACCEPTED), "ping: no answer in 2 s"),
        (says(ACCEPTED, again=True), "ping: more than 64 KiB"),
    ],
)
async def test_what_is_no_broker(talk: Any, error: str) -> None:
    async with serving(talk) as port:
        got = await asked("MQTT", f"127.0.0.1:{port}")
    assert got.error == error
    assert got.total_ms < 2_500


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"password": "x"}, "username"),
        ({"expect": "x"}, "topic"),
        ({"topic": "a\0b"}, "topic"),
        ({"topic": "a", "expect": "(", "expect_match": "regex"}, "expect"),
    ],
)
async def test_what_makes_no_sense_is_refused(options: dict[str, Any], field: str) -> None:
    with pytest.raises(WrongOption, match=rf"^{field}: "):
        await asked("MQTT", "127.0.0.1:9", **options)


@given(st.binary(max_size=64), st.integers(0, 15))
def test_any_message_is_read_or_refused(body: bytes, flags: int) -> None:
    try:
        message = mqtt_packets.message_of(body, flags)
    except WrongPacket:
        return
    assert body.endswith(message)


def test_lengths_are_written_in_sevens() -> None:
    sizes = (0, 127, 128, 16_383, 16_384)
    written = [
        mqtt_packets.packet(mqtt_packets.PacketKind.PUBLISH, bytes(n))[1 : -n or None]
        for n in sizes
    ]
    assert written == [b"\0", b"\x7f", b"\x80\x01", b"\xff\x7f", b"\x80\x80\x01"]
