"""The token of this host's Local API, and those of its microservices."""

import hmac
import logging
import os
import re
import secrets
import string
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from forepost.agent.cores.local_guard import same
from forepost.kit import files
from forepost.kit.health import Health
from forepost.kit.state_file import StateFile

LETTERS: Final = string.ascii_letters + string.digits
LENGTH: Final = 32
MODE: Final = 0o640
SECRET: Final = "local-api-secret"  # noqa: S105 - a file name
SECRET_BYTES: Final = 32
OWN_TOKEN: Final = "FOREPOST_TOKEN"  # noqa: S105 - the name of a variable
LARGEST: Final = 4_096
SUBJECT: Final = "local api token"


_log = logging.getLogger(__name__)


def _secret(document: bytes) -> bytes:
    """Raises ValueError."""
    if not re.fullmatch(rb"[0-9a-f]{%d}" % (2 * SECRET_BYTES), document):
        raise ValueError("it is no secret of a Local API")
    return document


class TokenFile:
    """Its first line is the token; made where it is missing, read again when it changes."""

    def __init__(self, path: Path, health: Health) -> None:
        self.path, self._health = path, health
        self._seen: tuple[int, int, int, int] | None = None
        self._token = ""

    def is_token(self, given: str) -> bool:
        """Compare in constant time; no token is none."""
        token = self._current()
        return bool(token) and same(given, token)

    def rotate(self) -> None:
        """Make a new one: the one before is worth nothing from now on. Raises OSError."""
        token = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        files.replace(self.path, token.encode(), MODE)

    def prepare(self) -> None:
        """Make the file where there is none; that it cannot be made is said."""
        self._current()

    def _current(self) -> str:
        try:
            if not self.path.exists():
                self.rotate()
            found = self.path.stat()
            seen = found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size
            if seen != self._seen:
                text = files.read(self.path, LARGEST, follow=True).decode()
                self._token, self._seen = text.partition("\n")[0].strip(), seen
        except (OSError, UnicodeDecodeError) as error:
            self._token, self._seen = "", None
            reason = getattr(error, "strerror", None) or "is not text"
            self._health.ill(SUBJECT, f"{self.path}: {reason}; nobody may ask with a token")
            return ""
        if self._token:
            self._health.well(SUBJECT)
        else:
            self._health.ill(SUBJECT, f"{self.path}: its first line is empty")
        return self._token


class MicroserviceTokens:
    """A token for each microservice, made of a secret that never leaves the state folder."""

    def __init__(self, state_dir: Path, health: Health) -> None:
        """A secret that is damaged is another one from now on: half of one could be guessed."""
        file = StateFile(state_dir / SECRET, _secret, largest=LARGEST)
        was_there = os.path.lexists(file.path)
        found = file.recall(health)
        if found is None:
            found = secrets.token_hex(SECRET_BYTES).encode()
            file.keep(found, health)
            if was_there:
                _log.warning("tokens are new: microservices that run here know those of before")
        self._secret = found

    def of(self, uuid: str) -> str:
        """What its container has in the environment, as `OWN_TOKEN`."""
        return hmac.new(self._secret, uuid.encode(), "sha256").hexdigest()[:LENGTH]

    def whose(self, given: str, uuids: Iterable[str]) -> str | None:
        """Which of them has this token; all are compared, in constant time each."""
        found = None
        for uuid in uuids:
            if same(given, self.of(uuid)):
                found = uuid
        return found
