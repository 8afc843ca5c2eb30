"""What a probe sends of its own, and what it expects of an answer."""

import asyncio
import ssl
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from forepost.agent.probes.http import probe
from forepost.kit.clock import SystemClock
from forepost.wire.probes.http import HttpOptions, HttpResult
from forepost.wire.probes.json_path import json_steps, value_at
from tests.lab.certificates import Authority
from tests.lab.peers import Talk, answering, real_edges, serving
from tests.receiver import Answer, Receiver

pytestmark = pytest.mark.anyio


async def visit(url: str, **options: object) -> HttpResult:
    asked = HttpOptions(**{"timeout_sec": 5.0, **options})  # type: ignore[arg-type]
    return await probe.run(asked, url, SystemClock(), real_edges())


async def get_from(talk: Talk, **options: object) -> HttpResult:
    async with serving(talk) as port:
        return await visit(f"http://localhost:{port}/", **options)


def saying(body: str, more: str = "", status: int = 200) -> Talk:
    data = body.encode()
    head = f"HTTP/1.1 {status} X\r\n{more}Content-Length: {len(data)}\r\n\r\n"
    return answering(head.encode() + data)


async def test_body_and_method_are_sent_and_stay_with_307() -> None:
    script: list[int | Answer] = [Answer(307, headers={"Location": "/again"}), 200]
    with Receiver(script=script) as receiver:
        json = {"Content-Type": "application/json"}
        got = await visit(receiver.url, method="put", body='{"a": "ü"}', headers=json)
    assert (got.error, got.redirects) == ("", 1)
    for request in receiver.requests:
        assert (request.method, request.json()) == ("PUT", {"a": "ü"})
        assert request.headers["content-type"] == "application/json"
        assert request.headers["content-length"] == "11"


async def test_user_password_and_token_go_to_the_first_host_only() -> None:
    for options, sent in (
        ({"username": "ü", "password": "p:w"}, f"Basic {b64encode('ü:p:w'.encode()).decode()}"),
        ({"bearer_token": "tok.en"}, "Bearer tok.en"),
    ):
        with Receiver() as elsewhere:
            with Receiver(script=[Answer(302, headers={"Location": elsewhere.url})]) as first:
                got = await visit(first.url, **options)
            assert (got.error, got.status_code) == ("", 200)
            assert first.requests[0].headers["authorization"] == sent
            assert "authorization" not in elsewhere.requests[0].headers


@pytest.mark.parametrize(
    ("status", "options", "right"),
    [
        (204, {"expected_status_ranges": ["2xx"]}, True),
        (300, {"expected_status_ranges": ["2xx"]}, False),
        (404, {"expected_status_ranges": ["200-299", "400-404"]}, True),
        (405, {"expected_status_ranges": ["200-299", "400-404"]}, False),
        (503, {"expected_status_ranges": ["2xx"], "expected_status": [503]}, True),
        (200, {"expected_status": [503]}, False),
    ],
)
async def test_a_range_of_status(status: int, options: dict[str, Any], right: bool) -> None:
    got = await get_from(saying("", status=status), **options)
    assert got.status_code == status
    assert got.error == ("" if right else f"status: {status} X was not expected")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"unexpected_content": "down"}, ""),
        ({"unexpected_content": "all is up"}, "content: what must not be there is in it"),
        (
            {"unexpected_content": "is +up", "content_match_type": "regex"},
            "content: ",
        ),
        ({"unexpected_content": "^up", "content_match_type": "regex"}, ""),
        ({"expected_content": "up", "unexpected_content": "down"}, ""),
        (
            {"expected_content": "no", "unexpected_content": "up"},
            "content: what is expected is not in it",
        ),
        ({"expected_headers": {"x-own": ""}}, ""),
        ({"expected_headers": {"X-OWN": "second"}}, ""),
        ({"expected_headers": {"X-Own": "third"}}, "header: what is expected is not in X-Own"),
        ({"expected_headers": {"X-Other": ""}}, "header: there is no X-Other"),
    ],
)
async def test_what_must_be_there_and_what_must_not(options: dict[str, Any], error: str) -> None:
    got = await get_from(saying("all is up", "X-Own: first\r\nX-Own: the second\r\n"), **options)
    assert got.error.startswith(error)
    assert bool(got.error) == bool(error)
    assert (got.status_code, got.body_size) == (200, 9)


JSON = '{"state": "ready", "n": 5, "part": [{"load.avg": 0.5}, true, null], "5": "6"}'


@pytest.mark.parametrize(
    ("path", "comparison", "value", "error"),
    [
        ("$.state", "==", "ready", ""),
        ("$.state", "==", '"ready"', ""),
        ("$.state", "!=", "ready", '$.state is "ready", not != what is expected'),
        ("$.state", "contains", "ead", ""),
        ("$.state", "contains", "x", '$.state is "ready", not contains what is expected'),
        ("$.n", "==", "5.0", ""),
        ("$.n", "==", "true", "$.n is 5, not == what is expected"),
        ("$.n", ">=", "5", ""),
        ("$.n", ">", "5", "$.n is 5, not > what is expected"),
        ("$.n", "<", "10", ""),
        ("$.n", "<", "ten", "$.n is 5, not < what is expected"),
        ("$['5']", "==", "6", ""),
        ('$.part[0]["load.avg"]', "<=", "0.5", ""),
        ("$.part[-1]", "==", "null", ""),
        ("$.part[1]", "==", "true", ""),
        ("$.part", "contains", "true", ""),
        ("$.part", "contains", "7", "$.part is "),
        ("$", "contains", "state", ""),
        ("$.part[3]", "==", "", "there is no $.part[3]"),
        ("$.n.x", "==", "", "there is no $.n.x"),
        ("$.state[0]", "==", "", "there is no $.state[0]"),
        ("$.n", "==", "", ""),
    ],
)
async def test_one_value_of_a_json_document(
    path: str, comparison: str, value: str, error: str
) -> None:
    got = await get_from(saying(JSON), json_path=path, json_comparison=comparison, json_value=value)
    assert got.error.startswith(f"json: {error}" if error else "")
    assert bool(got.error) == bool(error)
    assert bool(got.json_found) == ("there is no" not in error)


async def test_what_is_no_json() -> None:
    for body in ("<html>", "", "[" * 100_000, '{"a": 1'):
        got = await get_from(saying(body), json_path="$.a")
        assert got.error.startswith("json: the body is no JSON: ")
        assert got.status_code == 200


@pytest.mark.parametrize(
    "path", ["a", "", "$a", "$.", "$..a", "$[*]", "$[?@.a]", "$[1:2]", "$[01]", "$['a]", "$.a b"]
)
def test_a_path_to_more_than_one_value_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match=r"^json_path: "):
        json_steps(path)


def test_steps() -> None:
    assert json_steps("$") == []
    assert json_steps("""$.ä_1[ -1 ]['it\\'s']["q"]""") == ["ä_1", -1, "it's", "q"]
    with pytest.raises(LookupError):
        value_at([1], [-2])


async def hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def wanting(authority: Authority, version: ssl.TLSVersion, *, required: bool) -> ssl.SSLContext:
    server = authority.server("localhost")
    server.verify_mode = ssl.CERT_REQUIRED if required else ssl.CERT_OPTIONAL
    authority.ca.configure_trust(server)
    server.maximum_version = version
    return server


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_client_certificate_of_its_own_and_an_authority_of_its_own(
    tmp_path: Path, version: ssl.TLSVersion
) -> None:
    authority = Authority(tmp_path)
    ca = {"ca_pem": authority.ca.cert_pem.bytes().decode()}
    ours = authority.ca.issue_cert("agent.example")
    mine = {
        "client_certificate_pem": "".join(p.bytes().decode() for p in ours.cert_chain_pems),
        "client_key_pem": ours.private_key_pem.bytes().decode(),
    }
    async with serving(hello, wanting(authority, version, required=True)) as port:
        url = f"https://localhost:{port}/"
        plain = await visit(url)
        assert plain.error.startswith("tls: certificate verify failed: ")
        assert plain.certificate_info is not None
        without = await visit(url, **ca)
        assert ": the server wants a client certificate: " in without.error
        assert without.client_certificate == "required"
        assert without.certificate_info is not None
        assert without.tls_version == version.name.replace("TLSv1_", "TLS 1.")
        assert without.status_code == 0
        got = await visit(url, **ca, **mine)
        assert (got.error, got.status_code, got.client_certificate) == ("", 200, "asked")
        foreign = Authority(tmp_path).ca.issue_cert("agent.example")
        other = {
            "client_certificate_pem": foreign.cert_chain_pems[0].bytes().decode(),
            "client_key_pem": foreign.private_key_pem.bytes().decode(),
        }
        refused = await visit(url, **ca, **other)
        assert ": the server does not take our client certificate: " in refused.error
        swapped = await visit(url, **ca, **{**other, "client_key_pem": mine["client_key_pem"]})
        assert swapped.error.startswith("tls: client_certificate_pem: ")
    async with serving(hello, wanting(authority, version, required=False)) as port:
        got = await visit(f"https://localhost:{port}/", **ca)
        assert (got.error, got.status_code, got.client_certificate) == ("", 200, "asked")


async def test_a_client_certificate_is_shown_to_the_first_host_only(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    shown: list[bool] = []

    async def second(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        shown.append(bool(writer.get_extra_info("peercert")))
        await hello(reader, writer)

    ours = authority.ca.issue_cert("agent.example")
    version = ssl.TLSVersion.TLSv1_3
    async with serving(second, wanting(authority, version, required=False)) as port:

        async def first(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            shown.append(bool(writer.get_extra_info("peercert")))
            await answering(
                f"HTTP/1.1 302 X\r\nLocation: https://localhost:{port}/\r\n\r\n".encode()
            )(reader, writer)

        async with serving(first, wanting(authority, version, required=False)) as before:
            got = await visit(
                f"https://localhost:{before}/",
                ca_pem=authority.ca.cert_pem.bytes().decode(),
                client_certificate_pem=ours.cert_chain_pems[0].bytes().decode(),
                client_key_pem=ours.private_key_pem.bytes().decode(),
            )
    assert (got.error, got.status_code) == ("", 200)
    assert shown == [True, False]
