"""Who a request comes from: JWTs for people, PSKs for agents, argon2 for what people remember."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar

import anyio
import anyio.to_thread
import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from forepost.kit.clock import Clock
from forepost.kit.errors import Unauthenticated, Unavailable

T = TypeVar("T")

MOST_WAITING: Final = 100
"""Hashes at once, nearly all of them waiting: three seconds of work."""
CACHED: Final = 10_000
"""Verified tokens that are remembered; when full, all are forgotten and verified again."""


class Bearer(msgspec.Struct, frozen=True):
    """Who a valid token speaks for."""

    user_id: int
    session_id: int
    expires: float
    """Unix seconds."""


class MailedToken(msgspec.Struct, frozen=True):
    """What a token of a mail is good for: an account, while its password, or its address, is the
    one of which this is the mark.
    """

    user_id: int
    mark: str

    def is_of(self, marked: str) -> bool:
        return hmac.compare_digest(self.mark, _mark(marked))


def _mark(text: str) -> str:
    """Of a password's hash, without saying anything about it: that has a salt. Of an address."""
    return hashlib.sha256(text.encode()).hexdigest()


class Tokens:
    """Signs and verifies HS256 tokens: 16 us for a new one, next to nothing for one seen before."""

    def __init__(self, secret: bytes, clock: Clock, epoch: str = "") -> None:
        """`epoch`: of the store. A token of another one names rows that may be somebody else's."""
        self._epoch = epoch
        self._key = OctKey.import_key(secret)
        self._clock = clock
        self._verified: dict[str, Bearer] = {}

    def issue(self, user_id: int, session_id: int, expires: datetime) -> str:
        """`uid` and `sid` are what NetWatcher's tokens carry."""
        return self._signed(expires, sub=str(user_id), uid=user_id, sid=session_id)

    def issue_reset(self, user_id: int, password_hash: str, expires: datetime) -> str:
        """Good for one new password: it is none of a session, and the next password ends it."""
        return self._signed(expires, rid=user_id, pwd=_mark(password_hash))

    def reset_of(self, token: str) -> "MailedToken":
        """Raises Unauthenticated where it is not ours, was changed, expired, or is a session's."""
        return self._marked(token, "rid", "pwd")

    def _marked(self, token: str, who: str, mark: str) -> "MailedToken":
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"]).claims
            found = MailedToken(int(claims[who]), str(claims[mark]))
            good = claims["epo"] == self._epoch
            good &= float(claims["exp"]) > self._clock.now().timestamp()
        except (JoseError, KeyError, TypeError, ValueError):
            good, found = False, MailedToken(0, "")
        if not good:
            raise Unauthenticated("invalid token")
        return found

    def issue_proof(self, user_id: int, email: str, expires: datetime) -> str:
        """Good for proving one address of an account: it is none of a session, nor of a reset."""
        return self._signed(expires, vid=user_id, adr=_mark(email))

    def proof_of(self, token: str) -> "MailedToken":
        """Whose address it proves, and the mark of which. Raises Unauthenticated."""
        return self._marked(token, "vid", "adr")

    def _signed(self, expires: datetime, **claims: str | int) -> str:
        more = {
            "iat": int(self._clock.now().timestamp()),
            "exp": int(expires.timestamp()),
            "jti": secrets.token_hex(8),
            "epo": self._epoch,
        }
        return jwt.encode({"alg": "HS256"}, {**claims, **more}, self._key)

    def verify(self, token: str) -> Bearer:
        """Raises Unauthenticated for a token that is not ours, changed or expired."""
        now = self._clock.now().timestamp()
        bearer = self._verified.get(token) or self._verify(token)
        if bearer.expires <= now:
            self._verified.pop(token, None)
            raise Unauthenticated("token has expired")
        return bearer

    def _verify(self, token: str) -> Bearer:
        try:
            claims = jwt.decode(token, self._key, algorithms=["HS256"]).claims
            bearer = Bearer(int(claims["uid"]), int(claims["sid"]), float(claims["exp"]))
            known = claims["epo"] == self._epoch
        except (JoseError, KeyError, TypeError, ValueError):
            raise Unauthenticated("invalid token") from None
        if not known:
            raise Unauthenticated("invalid token")
        if len(self._verified) >= CACHED:
            self._verified.clear()
        self._verified[token] = bearer
        return bearer


class Passwords:
    """Argon2id at OWASP's minimum (m = 19 MiB, t = 2, p = 1: 17 ms), two at a time at most; who
    comes while MOST_WAITING wait has to come again.
    """

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._slots = anyio.CapacityLimiter(2)
        self._inside = 0
        self._decoy = self._hasher.hash(secrets.token_hex(16))

    async def hash(self, password: str) -> str:
        """Raises Unavailable."""
        return await self._in_turn(self._hasher.hash, password)

    async def matches(self, password: str, hashed: str | None) -> bool:
        """Compare; without a hash (no such account) take the same time and say no. Raises
        Unavailable.
        """
        return await self._in_turn(self._matches, password, hashed)

    async def _in_turn(self, work: Callable[..., T], *given: str | None) -> T:
        if self._inside >= MOST_WAITING:
            raise Unavailable("too many passwords are being checked now: try again")
        self._inside += 1
        try:
            return await anyio.to_thread.run_sync(work, *given, limiter=self._slots)
        finally:
            self._inside -= 1

    def outdated(self, hashed: str) -> bool:
        """Made with other parameters than those of today."""
        return self._hasher.check_needs_rehash(hashed)

    def _matches(self, password: str, hashed: str | None) -> bool:
        try:
            self._hasher.verify(hashed or self._decoy, password)
        except VerificationError:
            return False
        return hashed is not None


def new_pin(length: int) -> str:
    return "".join(secrets.choice("0123456789") for _ in range(length))


def new_psk() -> str:
    """256 bits in hex: full entropy, so that a plain hash of it is enough to keep."""
    return secrets.token_hex(32)


def psk_of_trade(secret: bytes, pin_id: int, nonce: str) -> str:
    """The same for the same trade, and known to nobody who has not both: the secret is in no
    database, the nonce nowhere on the controller. No JWT has a zero byte.
    """
    said = "\0".join(["forepost agent key 1", str(pin_id), nonce])
    return hmac.digest(secret, said.encode(), "sha256").hex()


def psk_sha256(psk: str) -> str:
    return hashlib.sha256(psk.encode()).hexdigest()


def nonce_sha256(nonce: str) -> str:
    """What is kept of a nonce, which has 256 bits; "" of none."""
    return hashlib.sha256(nonce.encode()).hexdigest() if nonce else ""


def psk_matches(psk: str, kept_sha256: str) -> bool:
    return bool(kept_sha256) and hmac.compare_digest(psk_sha256(psk), kept_sha256)


def new_api_key_secret() -> str:
    """256 bits in 43 characters that need no quoting anywhere."""
    return secrets.token_urlsafe(32)


def pair_key(secret: bytes, workspace_id: int, *agents: tuple[int, str]) -> bytes:
    """What two agents (id, SHA-256 of the PSK) of a workspace share, 256 bits; the same whichever
    comes first. It ends when one of them gets a new PSK. No JWT has a zero byte.
    """
    parts = [f"{agent_id}:{psk_sha256}" for agent_id, psk_sha256 in sorted(agents)]
    said = "\0".join(["forepost trafficsim pair 1", str(workspace_id), *parts])
    return hmac.digest(secret, said.encode(), "sha256")
