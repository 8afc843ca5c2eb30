"""What a webhook is made of."""

import hashlib
import hmac

import msgspec

from forepost.controller.notify.webhook import headers_of, signature
from forepost.controller.outgoing.urls import target_of
from tests.controller.notify.notices import NOTICE

TARGET = target_of("https://hooks.example.com/alert")


def test_the_body_has_the_fields_of_netwatcher_first_in_its_order() -> None:
    body = msgspec.json.encode(NOTICE)
    assert body.startswith(
        b'{"alert_id":123,"workspace_id":1,"probe_id":45,"agent_id":10,"probe_type":"PING",'
        b'"probe_name":"Ping to Google","probe_target":"8.8.8.8","agent_name":"edge",'
        b'"panel_url":"https://panel.example.com","metric":"packet_loss","value":5.2,'
        b'"threshold":1.0,"severity":"critical","message":"packet_loss is 5.2",'
        b'"triggered_at":"2026-01-01T00:00:00Z","event":"triggered",'
    )


def test_the_signature_is_that_of_the_published_vector() -> None:
    """RFC 4231, case 2."""
    assert (
        signature("Jefe", b"what do ya want for nothing?")
        == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def test_headers() -> None:
    body = b'{"a":1}'
    headers = headers_of(TARGET, "key", body, 7, 1_700_000_000)
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"].startswith("NetWatcher-Alert/1.0 (forepost/")
    assert headers["X-Forepost-Delivery"] == "7"
    plain = hmac.new(b"key", body, hashlib.sha256).hexdigest()
    assert headers["X-NetWatcher-Signature"] == f"sha256={plain}"
    timed = hmac.new(b"key", b"1700000000." + body, hashlib.sha256).hexdigest()
    assert headers["X-Forepost-Signature"] == f"t=1700000000,v1={timed}"


def test_no_secret_no_signature() -> None:
    headers = headers_of(TARGET, "", b"{}", 7, 0)
    assert not [name for name in headers if "Signature" in name or name == "Authorization"]


def test_credentials_of_the_url_become_basic_authentication() -> None:
    target = target_of("https://user:pass@hooks.example.com/")
    assert headers_of(target, "", b"", 7, 0)["Authorization"] == "Basic dXNlcjpwYXNz"
