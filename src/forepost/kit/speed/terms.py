"""Who may test: tickets of a controller, and proofs that somebody has one. Pure.

A responder and its controller share a key. The controller makes a ticket (number and end of one
test) and its secret, which is an HMAC of the ticket by that key; so a responder can tell a good
ticket without having been told of it. What is proved is having the secret; it is never sent to the
responder.
"""

import hashlib
import hmac
import secrets
from typing import Final

from forepost.wire.speedtests.responder import Request

CLOCKS_DIFFER_SEC: Final = 300.0
"""How far the clock of a controller may be ahead of a responder's, or behind."""


def new_nonce() -> str:
    return secrets.token_hex(16)


def new_ticket(key: str, now: float, good_for_sec: float) -> tuple[str, str]:
    """A ticket and its secret; `now` in Unix seconds."""
    ticket = f"{round(now + good_for_sec)}.{secrets.token_hex(8)}"
    return ticket, secret_of(key, ticket)


def secret_of(key: str, ticket: str) -> str:
    return _mac(key, "ticket", ticket)


def proof(secret: str, nonce: str, role: str, test: str) -> str:
    return _mac(secret, nonce, role, test)


def refusal(request: Request, nonce: str, key: str, token: str, now: float) -> str:
    """Why this request is not let in, "" where it is. An empty key or token lets nobody in."""
    if request.ticket:
        secret = secret_of(key, request.ticket) if key else ""
        end = request.ticket.partition(".")[0]
        if not end.isascii() or not end.isdecimal() or len(end) > 12:
            return "the ticket is not one of a controller"
    else:
        secret, end = token, ""
    wanted = proof(secret, nonce, request.role, request.test)
    if not secret or not hmac.compare_digest(wanted.encode(), request.mac.encode()):
        return "not admitted: the ticket or token is not one of this responder"
    if end and int(end) + CLOCKS_DIFFER_SEC < now:
        return "the ticket is no longer good"
    return ""


def _mac(key: str, *parts: str) -> str:
    text = "\n".join(parts).encode()
    return hmac.new(key.encode(), text, hashlib.sha256).hexdigest()
