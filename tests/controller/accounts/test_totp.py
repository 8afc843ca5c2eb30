"""Codes as RFC 6238 has them, once each."""

from urllib.parse import parse_qs, urlsplit

import pytest

from forepost.controller.accounts.totp import (
    code_at,
    otpauth_url,
    recovery_code,
    recovery_hash,
    shown,
    step_of,
)

SECRET = b"12345678901234567890"


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ],
)
def test_the_vectors_of_the_rfc(seconds: int, code: str) -> None:
    assert code_at(SECRET, seconds // 30) == code
    assert step_of(SECRET, code, seconds, -1) == seconds // 30


def test_a_code_is_good_for_one_step_around_now_and_once() -> None:
    step = 1_000_000
    code = code_at(SECRET, step)
    assert [step_of(SECRET, code, (step + d) * 30, -1) for d in (-2, -1, 0, 1, 2)] == [
        *(None, step, step, step, None)
    ]
    assert step_of(SECRET, code, step * 30, step) is None
    for wrong in ("", "000000 ", "12345", "x" * 64, "٣٣٣٣٣٣"):
        assert step_of(SECRET, wrong, step * 30, -1) is None


def test_a_clock_that_was_ahead_keeps_nobody_out() -> None:
    step, ahead = 1_000_000, 1_000_000 + 1_051_200  # a year
    assert step_of(SECRET, code_at(SECRET, step), step * 30, ahead) == step
    early = step + 1  # that is no clock that was ahead, but a telephone's
    assert step_of(SECRET, code_at(SECRET, step), step * 30, early) is None


def test_a_telephone_reads_the_secret_from_the_url() -> None:
    url = urlsplit(otpauth_url(SECRET, "a+b@example.com"))
    assert (url.scheme, url.netloc) == ("otpauth", "totp")
    assert url.path == "/forepost:a%2Bb%40example.com"
    asked = parse_qs(url.query)
    assert asked["secret"] == [shown(SECRET)] == ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"]
    assert asked["issuer"] == ["forepost"]


def test_a_recovery_code_is_known_however_it_is_typed() -> None:
    code = recovery_code(b"0123456789")
    assert len(code) == 19
    assert recovery_hash(code) == recovery_hash(code.upper().replace("-", " "))
    assert recovery_hash(code) != recovery_hash(recovery_code(b"0123456780"))
