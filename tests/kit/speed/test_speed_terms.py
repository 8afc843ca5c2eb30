"""Who is let in to a speed test, and who is not."""

from hypothesis import given
from hypothesis import strategies as st

from forepost.kit.speed.room import MOST_STREAMS, Room
from forepost.kit.speed.terms import (
    CLOCKS_DIFFER_SEC,
    new_nonce,
    new_ticket,
    proof,
    refusal,
    secret_of,
)
from forepost.wire.speedtests.responder import Request

NOW = 1_800_000_000.0


def request(secret: str, nonce: str, ticket: str = "", test: str = "t") -> Request:
    mac = proof(secret, nonce, "control", test)
    return Request(role="control", test="t", sec=1, ticket=ticket, mac=mac)


def test_a_ticket_of_the_controller_lets_in_until_its_end() -> None:
    ticket, secret = new_ticket("key", NOW, 60)
    nonce = new_nonce()
    asked = request(secret, nonce, ticket)
    assert refusal(asked, nonce, "key", "", NOW) == ""
    assert refusal(asked, nonce, "key", "", NOW + 60 + CLOCKS_DIFFER_SEC) == ""
    late = refusal(asked, nonce, "key", "", NOW + 61 + CLOCKS_DIFFER_SEC)
    assert late == "the ticket is no longer good"


def test_nothing_else_does() -> None:
    ticket, secret = new_ticket("key", NOW, 60)
    nonce = new_nonce()
    for asked, key in (
        (request(secret, nonce, ticket), "another key"),
        (request(secret, nonce, ticket), ""),
        (request(secret, new_nonce(), ticket), "key"),
        (request(secret, nonce, ticket, test="another"), "key"),
        (request(secret_of("key", "9" + ticket), nonce, ticket), "key"),
        (request("", nonce), "key"),
    ):
        assert refusal(asked, nonce, key, "", NOW).startswith("not admitted"), asked


def test_a_token_lets_in_where_there_is_one() -> None:
    nonce = new_nonce()
    assert refusal(request("token", nonce), nonce, "", "token", NOW) == ""
    assert refusal(request("", nonce), nonce, "", "", NOW).startswith("not admitted")
    assert refusal(request("wrong", nonce), nonce, "key", "token", NOW).startswith("not admitted")


@given(st.text(max_size=200), st.text(max_size=64))
def test_no_ticket_is_too_odd(ticket: str, mac: str) -> None:
    asked = Request(role="upload", test="t", sec=1, ticket=ticket, mac=mac)
    assert refusal(asked, "nonce", "key", "token", NOW)


def test_one_test_at_a_time_so_many_streams_so_long() -> None:
    room = Room(most_sec=10, most_bytes=100)
    assert room.enter("one", 0) == ""
    assert room.enter("two", 0) == "busy: another test is running here"
    for _ in range(MOST_STREAMS - 1):
        assert room.enter("one", 0) == ""
    assert room.enter("one", 0) == "33 connections of a test are the most"
    assert room.end(0, 5) == 5
    assert room.end(0, 50) == 10
    assert room.end(35, 50) == 40
    room.leave()
    assert room.enter("one", 41) == "the test takes too long"
    for _ in range(MOST_STREAMS - 1):
        room.leave()
    assert room.enter("two", 41) == ""


def test_bytes_are_counted_for_both_ways_together() -> None:
    room = Room(most_sec=10, most_bytes=100)
    room.enter("one", 0)
    assert room.sent(60)
    assert room.took(30)
    assert not room.took(10)
    assert room.received == 40
