"""One-time codes of RFC 6238 (SHA-1, 6 digits, 30 s), and recovery codes. Pure."""

import base64
import hashlib
import hmac
import struct
from typing import Final
from urllib.parse import quote, urlencode

STEP_SEC: Final = 30
DIGITS: Final = 6
SECRET_BYTES: Final = 20
DRIFT_STEPS: Final = 1
"""How far a telephone's clock may be off, either way."""
RECOVERY_CODES: Final = 10
RECOVERY_BYTES: Final = 10
ISSUER: Final = "forepost"


def code_at(secret: bytes, step: int) -> str:
    digest = hmac.digest(secret, struct.pack(">Q", step), "sha1")
    offset = digest[-1] & 15
    (number,) = struct.unpack(">I", digest[offset : offset + 4])
    return f"{(number & 0x7FFFFFFF) % 10**DIGITS:0{DIGITS}}"


def step_of(secret: bytes, code: str, now: float, last_step: int) -> int | None:
    """Return the step that a code is of, if that is now and later than `last_step`: a code that was
    looked at over a shoulder is good once. A last step that is still to come was one of a clock
    that was ahead: it keeps nobody out until then.
    """
    here = int(now) // STEP_SEC
    if last_step > here + DRIFT_STEPS:
        last_step = here - DRIFT_STEPS - 1
    found: int | None = None
    for step in range(here - DRIFT_STEPS, here + DRIFT_STEPS + 1):
        same = hmac.compare_digest(code_at(secret, step).encode(), code.encode())
        if same and step > last_step:
            found = step
    return found


def otpauth_url(secret: bytes, email: str) -> str:
    """Return what a telephone reads as a QR code."""
    asked = {"secret": shown(secret), "issuer": ISSUER, "digits": DIGITS, "period": STEP_SEC}
    return f"otpauth://totp/{ISSUER}:{quote(email)}?{urlencode(asked)}"


def shown(secret: bytes) -> str:
    return base64.b32encode(secret).decode().rstrip("=")


def recovery_code(entropy: bytes) -> str:
    """Return 16 letters and digits in groups, for writing down."""
    text = base64.b32encode(entropy).decode().lower().rstrip("=")
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def recovery_hash(code: str) -> str:
    """Of 80 random bits: nobody tries them all, and no salt is needed."""
    plain = "".join(c for c in code.lower() if c.isascii() and c.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()
