"""What ended a conversation is said in words of ours, not of a library."""

import ssl

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidStatus
from websockets.frames import Close
from websockets.http11 import Response

from forepost.agent.uplink.connection import Broken
from forepost.agent.uplink.farewell import is_lasting, parting

URL = "https://controller.example"


def untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] (_ssl.c:1)")
    error.verify_code, error.verify_message = 10, "certificate has expired"
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            InvalidStatus(Response(502, "Bad Gateway", Headers(), b"")),
            "a proxy answers there, and does not reach the controller (HTTP 502)",
        ),
        (
            InvalidStatus(Response(404, "Not Found", Headers(Server="nginx"), b"")),
            "something else answers at this address: a web server of nginx (HTTP 404)",
        ),
        (
            ConnectionClosedOK(Close(1012, ""), Close(1012, ""), True),
            "it closed the connection (service restart, 1012)",
        ),
        (ConnectionClosedError(None, None), "the connection was cut off"),
        (
            ConnectionClosedError(None, Close(1009, "frame of 9 MB")),
            "this agent closed the connection (frame of 9 MB, 1009)",
        ),
        (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
        (untrusted(), "its certificate is not trusted: certificate has expired"),
        (Broken("what it says itself"), "what it says itself"),
    ],
)
def test_it_is_said_in_words(error: Exception, words: str) -> None:
    assert parting(URL, ExceptionGroup("", [error])) == f"{URL}: {words}"


def test_a_key_that_is_not_known_says_what_to_do() -> None:
    group = ExceptionGroup("", [Broken("unauthorized: invalid psk")])
    assert is_lasting(group)
    assert not is_lasting(ExceptionGroup("", [Broken("x")]))
    said = parting(URL, group)
    assert "does not know this agent: issue a PIN there" in said
