"""What is known of an answer is told, whatever becomes of the rest of it."""

import asyncio
import gzip
import zlib

import brotli
import pytest
import zstandard

from forepost.agent.probes.http import probe
from forepost.kit.clock import SystemClock
from forepost.wire.probes.http import HttpOptions, HttpResult
from tests.lab.peers import Talk, answering, real_edges, serving

pytestmark = pytest.mark.anyio

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-Own: yes\r\n"
TEXT = b"hello, hello, hello, it is me " * 40


async def get_from(talk: Talk, **options: object) -> HttpResult:
    asked = HttpOptions(**{"timeout_sec": 5.0, **options})  # type: ignore[arg-type]
    async with serving(talk) as port:
        url = f"http://localhost:{port}/"
        return await probe.run(asked, url, SystemClock(), real_edges())


def known(got: HttpResult) -> None:
    assert (got.status_code, got.status_text, got.protocol) == (200, "200 OK", "HTTP/1.1")
    assert got.headers["X-Own"] == "yes"
    assert got.content_type == "text/plain"
    assert 0 < got.tcp_connect_ms < got.first_byte_ms <= got.total_ms


async def test_a_body_that_is_slow() -> None:
    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HEAD + b"Content-Length: 1000\r\n\r\nabc")
        await reader.read()

    got = await get_from(slow, timeout_sec=0.4)
    known(got)
    assert (got.error, got.body_size) == ("body: not complete in 0.4 s", 3)
    assert got.total_ms > 390


async def test_a_body_that_is_short() -> None:
    got = await get_from(answering(HEAD + b"Content-Length: 10\r\n\r\nabc"))
    known(got)
    assert got.error.startswith("body: ")
    assert got.body_size == 3


async def test_a_body_whose_framing_is_wrong() -> None:
    got = await get_from(answering(HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n"))
    known(got)
    assert got.error.startswith("body: ")
    assert got.body_size == 3


async def test_a_body_that_drips_for_ever() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"\r\n")
        while True:
            writer.write(b"data: x\n\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    got = await get_from(drip, timeout_sec=0.5, expected_content="data: x")
    known(got)
    assert got.error == "body: not complete in 0.5 s"
    assert got.body_size > 9


async def test_a_status_that_is_wrong_is_told_before_what_became_of_the_body() -> None:
    broken = b"HTTP/1.1 503 Busy\r\nContent-Length: 9\r\n\r\nabc"
    got = await get_from(answering(broken))
    assert (got.status_code, got.error) == (503, "status: 503 Busy was not expected")
    assert got.body_size == 3


async def test_a_redirect_whose_body_never_comes_is_followed() -> None:
    hits: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hits.append(await reader.readuntil(b"\r\n\r\n"))
        if len(hits) == 1:
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 9\r\n\r\n")
            await reader.read()
        writer.write(HEAD + b"Content-Length: 2\r\n\r\nok")

    got = await get_from(talk, timeout_sec=2.0)
    known(got)
    assert (got.error, got.redirects, got.body_size) == ("", 1, 2)


def coded(body: bytes, coding: str, more: bytes = b"") -> Talk:
    head = HEAD + b"Content-Encoding: " + coding.encode() + b"\r\n"
    return answering(head + f"Content-Length: {len(body)}\r\n\r\n".encode() + body + more)


def raw_deflate(data: bytes) -> bytes:
    packed = zlib.compressobj(wbits=-15)
    return packed.compress(data) + packed.flush()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("x-gzip", gzip.compress(TEXT[:600]) + gzip.compress(TEXT[600:])),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
        ("br", brotli.compress(TEXT)),
        ("zstd", zstandard.compress(TEXT)),
        ("zstd", zstandard.compress(TEXT[:600]) + zstandard.compress(TEXT[600:])),
        ("GZIP, br", brotli.compress(gzip.compress(TEXT))),
        ("identity", TEXT),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
async def test_content_codings_are_undone(coding: str, body: bytes) -> None:
    got = await get_from(coded(body, coding), expected_content=TEXT.decode())
    known(got)
    assert (got.error, got.content_match) == ("", True)
    assert (got.body_size, got.transfer_size) == (len(TEXT), len(body))
    assert not got.body_truncated


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(bytes(200 << 20), 9)),
        ("br", brotli.compress(bytes(200 << 20), quality=5)),
        ("zstd", zstandard.compress(bytes(200 << 20))),
        ("gzip, gzip", gzip.compress(gzip.compress(bytes(200 << 20), 9))),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
async def test_a_bomb_is_undone_to_a_mebibyte(coding: str, body: bytes) -> None:
    got = await get_from(coded(body, coding))
    known(got)
    assert (got.error, got.body_size, got.body_truncated) == ("", 1 << 20, True)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
async def test_a_coding_that_is_not_what_it_says(coding: str) -> None:
    got = await get_from(coded(b"\xff" * 100, coding))
    known(got)
    assert got.error.startswith(f"coding: {coding}: ")
    assert got.transfer_size == 100


async def test_a_coded_body_that_is_cut_off_shows_what_came() -> None:
    whole = gzip.compress(TEXT, 0)
    head = HEAD + b"Content-Encoding: gzip\r\nContent-Length: 9999\r\n\r\n"
    got = await get_from(answering(head + whole[:200]), expected_content="hello")
    known(got)
    assert got.error.startswith("body: ")
    assert 0 < got.body_size < 200


async def test_a_coding_that_nobody_knows_is_told_where_the_content_matters() -> None:
    got = await get_from(coded(TEXT, "lzw"))
    assert (got.error, got.body_size) == ("", len(TEXT))
    got = await get_from(coded(TEXT, "lzw"), expected_content="hello")
    assert got.error == "coding: lzw: not known here"


async def test_compression_is_asked_for_where_it_is_wanted() -> None:
    asked: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(HEAD + b"Content-Length: 0\r\n\r\n")

    await get_from(talk)
    await get_from(talk, compression=True)
    assert b"Accept-Encoding: identity\r\n" in asked[0]
    assert b"Accept-Encoding: gzip, deflate, br, zstd\r\n" in asked[1]
