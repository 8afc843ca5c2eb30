"""What everybody in a workspace may see of a thing; the rest is `***`."""

import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forepost.wire.disclosure import (
    MASK,
    PUBLIC_OPTIONS,
    public_channel,
    public_metadata,
    public_target,
    without_secrets,
)
from forepost.wire.probes import KINDS


def test_somebody_has_decided_about_every_option() -> None:
    for kind in KINDS.values():
        public = PUBLIC_OPTIONS[kind.name]
        fields = set(kind.options.__struct_fields__)
        assert not public & kind.secret
        assert fields <= public | kind.secret, f"{kind.name}: {fields - public - kind.secret}"


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("198.18.0.1", "198.18.0.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("https://x.example/path", "https://x.example/path"),
        ("https://u:pw@x.example:8443/p?token=abcdef#f", "https://***@x.example:8443/p?***"),
        ("https://u@x.example", "https://***@x.example"),
        ("x.example/p?token=abcdef", "x.example/p?***"),
        ("u:pw@x.example", "***@x.example"),
        ("https://x.example/a@b", "https://x.example/a@b"),
        ("https://x.example/?", "https://x.example/?***"),
    ],
)
def test_a_url_is_shown_without_what_it_hides(target: str, shown: str) -> None:
    assert public_target(target) == shown
    assert public_target(shown) == shown


def test_a_result_does_not_tell_what_its_url_hides() -> None:
    target = "https://u:s3cr3t-pw@x.example/p?token=abc%2Fdefgh&n=1"
    payload = (
        b'{"url":"https://u:s3cr3t-pw@x.example/p?token=abc%2Fdefgh\\u0026n=1",'
        b'"final_url":"https://y.example/?t=abc/defgh","n":1,"error":"s3cr3t-pw is wrong"}'
    )
    told = without_secrets(payload, target)
    for secret in (b"s3cr3t-pw", b"abc%2Fdefgh", b"abc/defgh"):
        assert secret not in told
    assert msgspec.json.decode(told)["n"] == 1
    assert without_secrets(payload, "https://x.example/p") is payload


@given(
    st.text(alphabet="abcdefXYZ0123-_~%", min_size=6, max_size=30),
    st.sampled_from(["https://u:{}@h.example/", "https://h.example/?t={}", "h.example/?{}=1&b={}"]),
)
def test_no_secret_is_left(secret: str, form: str) -> None:
    target = form.format(secret, secret)
    payload = msgspec.json.encode({"url": target, "again": target + "&more=1"})
    told = without_secrets(payload, target)
    assert secret.encode() not in told.replace(MASK.encode(), b"")
    assert isinstance(msgspec.json.decode(told), dict)
    assert secret not in public_target(target)


@pytest.mark.parametrize(
    "target",
    [
        "http://h.example/?1",
        "http://h.example/?:",
        "http://h.example/?t=123456",
        "http://a@h.example/",
        "http://n:bbbbbb@h.example/",
        "http://h.example/#nbbbbbb",
        'http://h.example/?"rtt":',
    ],
)
def test_what_is_hidden_leaves_json_and_its_numbers_as_they_are(target: str) -> None:
    payload = b'{"rtt":123456,"a":1,"text":"a 1 \\nbbbbbb","wide":1e999}'
    told = without_secrets(payload, target)
    value = msgspec.json.decode(told.replace(b"1e999", b"1"))
    assert (value["rtt"], value["a"]) == (123_456, 1)
    assert bytes(msgspec.json.decode(told, type=msgspec.Raw)) == told


def test_what_is_hidden_is_found_however_it_is_written() -> None:
    target = "https://u:p\u00e4sswort@h.example/?a#fragment"
    payload = (
        b'{"url":"https:\\/\\/u:p\\u00e4sswort@h.example\\/?a","x":"http://h.example/?a",'
        b'"y":"of #fragment","z":"a cat"}'
    )
    told = msgspec.json.decode(without_secrets(payload, target))
    assert told == {
        "url": "https://***@h.example/?***",
        "x": "http://h.example/?***",
        "y": "of #***",
        "z": "a cat",
    }


def test_a_url_that_hides_much_costs_little() -> None:
    """1.4 s of the controller's loop for each result of an agent that wants it."""
    query = "&".join(f"=aa%{n:02x}aa{m}" for n in range(32, 120) for m in "01")[:1_900]
    began = time.process_time()
    told = without_secrets(b'{"a":"' + b"a" * 960_000 + b'"}', f"http://x.example/?{query}")
    assert time.process_time() - began < 0.5
    assert told == b'{"***":"***"}'


def test_metadata_is_an_allow_list() -> None:
    metadata = {
        "method": "GET",
        "url": "https://u:pw@x.example/?k=1",
        "headers": {"X-Auth-Token": "t"},
        "name": "shop",
        "my_note": "root password: x",
        "empty": "",
    }
    assert public_metadata("HTTP", metadata) == {
        "method": "GET",
        "url": "https://***@x.example/?***",
        "headers": MASK,
        "name": "shop",
        "my_note": MASK,
        "empty": "",
    }
    nested = {"trafficsim": {"dscp": 46, "psk": "x"}}
    assert public_metadata("AGENT", nested) == {"trafficsim": {"dscp": 46, "psk": MASK}}
    assert public_metadata("SPEEDTEST", {"method": "x"}) == {"method": MASK}
    assert public_metadata("HTTP", None) is None
    servers = ["192.0.2.1", "https://u:pw@dns.example/q?token=secret1"]
    assert public_metadata("DNS", {"more_servers": servers, "expected_values": ["x"]}) == {
        "more_servers": ["192.0.2.1", f"https://{MASK}@dns.example/q?{MASK}"],
        "expected_values": MASK,
    }


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("", ""),
        ("https://hooks.example/T0/B0/KEY", "https://hooks.example/***"),
        ("https://u:pw@hooks.example", "https://hooks.example/***"),
        ("https://hooks.example?k=1", "https://hooks.example/***"),
        ("https://hooks.example", "https://hooks.example"),
        ("mailto://bot:PASSWORD@mail.example", "mailto://***"),
        ("tgram://123:ABC/1", "tgram://***"),
        ("nothing", MASK),
    ],
)
def test_a_channel_shows_where_to_and_no_key(url: str, shown: str) -> None:
    assert public_channel(url) == shown
