"""What scheduled jobs and the runs that agents begin by them are called. Pure."""

from datetime import datetime
from hashlib import sha256
from typing import Final

_DIGITS: Final = 32


def schedule_uid(job_uid: str, digest: str) -> str:
    """Of the job as it is now. Only agents that were given the job can know it."""
    return _made(job_uid, digest)


def run_uid(of_schedule: str, at: datetime) -> str:
    """The same at each agent, whoever makes it."""
    return _made(of_schedule, str(int(at.timestamp())))


def _made(*parts: str) -> str:
    return sha256("/".join(parts).encode()).hexdigest()[:_DIGITS]
