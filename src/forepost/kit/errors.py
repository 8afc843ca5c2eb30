"""Refusals: requests that were understood and will not be carried out, in words for the caller.

A refusal is an answer. Anything else that is raised is a fault, logged in one place.
"""


class Refusal(Exception):
    status = 400


class Invalid(Refusal):
    """The request is wrong; the text names the field and the reason."""

    status = 400


class Unauthenticated(Refusal):
    status = 401


class SecondFactorNeeded(Unauthenticated):
    """The password was right; the code is missing."""


class Forbidden(Refusal):
    status = 403

    def __init__(self, reason: str, required_role: str | None = None) -> None:
        super().__init__(reason)
        self.required_role = required_role


class NotFound(Refusal):
    status = 404


class Conflict(Refusal):
    status = 409


class TimedOut(Refusal):
    """Somebody else was asked, and has not answered in time."""

    status = 504


class Gone(Refusal):
    """It was there, and will not be again."""

    status = 410


class TooMany(Refusal):
    """Too many tries; good again after `retry_after_sec`."""

    status = 429

    def __init__(self, retry_after_sec: int) -> None:
        super().__init__(f"too many attempts; try again in {retry_after_sec} s")
        self.retry_after_sec = retry_after_sec


class Unavailable(Refusal):
    """Not now: something that is needed is missing or not ready; the text says what."""

    status = 503
