"""Who this agent is at an ioFog Controller, and how a request shows it.

A Controller 3.0 gives a token, which each request carries as it is. A Controller 3.7 gives an
Ed25519 key: each request carries a JWT of its own, since one is refused the second time (its `jti`
is remembered).
"""

import base64
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

LIFE_SEC: Final = 60
"""Of a JWT: a request is sent at once."""
LATE_SEC: Final = 5
"""The clock of the Controller may be behind by that much."""
ISSUER: Final = "iofog-agent"


class WrongIofogKey(ValueError):
    """The private key that a Controller gave is none; the text says why."""


class IofogAccount(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    url: str
    """Base address, such as `http://host:51121/api/v3/`, with the last slash."""
    uuid: str
    token: str = ""
    """Of a Controller 3.0."""
    private_key: str = ""
    """Of a Controller 3.7: base64 of the JSON of a JWK (RFC 8037)."""

    def headers(self, now: datetime) -> Mapping[str, str]:
        """Return what a request shows, good once. Raises WrongIofogKey."""
        if self.private_key:
            return {"Authorization": f"Bearer {signed(self.private_key, self.uuid, now)}"}
        return {"Authorization": self.token}


def signed(private_key: str, uuid: str, now: datetime) -> str:
    """Return a JWT (RFC 7519, EdDSA) that says who this agent is. Raises WrongIofogKey."""
    # Of Controllers 3.7 only: 8 MiB that no other agent needs.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PrivateKey,
    )

    key = Ed25519PrivateKey.from_private_bytes(_seed(private_key))
    issued = int(now.timestamp())
    claims = {
        "sub": uuid,
        "iss": ISSUER,
        "jti": secrets.token_hex(16),
        "iat": issued - LATE_SEC,
        "exp": issued + LIFE_SEC,
    }
    said = f"{_part({'alg': 'EdDSA', 'typ': 'JWT'})}.{_part(claims)}"
    return f"{said}.{_plain(key.sign(said.encode()))}"


class _Jwk(msgspec.Struct):
    d: str
    kty: str = "OKP"
    crv: str = "Ed25519"


def _seed(private_key: str) -> bytes:
    try:
        jwk = msgspec.json.decode(base64.b64decode(private_key, validate=False), type=_Jwk)
        seed = base64.urlsafe_b64decode(jwk.d + "=" * (-len(jwk.d) % 4))
    except (ValueError, msgspec.MsgspecError) as error:
        raise WrongIofogKey(f"privateKey: is not base64 of a JWK: {error}") from None
    if (jwk.kty, jwk.crv, len(seed)) != ("OKP", "Ed25519", 32):
        raise WrongIofogKey(f"privateKey: is no Ed25519 key, but {jwk.kty} {jwk.crv}")
    return seed


def _part(value: Mapping[str, Any]) -> str:
    return _plain(msgspec.json.encode(value))


def _plain(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
