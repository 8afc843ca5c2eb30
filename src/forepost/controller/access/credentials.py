"""Credentials that are known in RAM: sessions and API keys."""

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Final, Generic, TypeVar

import anyio
import msgspec
from sqlalchemy import Table, bindparam, select, update

from forepost.controller.access.tokens import Tokens, psk_matches
from forepost.controller.db.engine import Database
from forepost.controller.db.tables.access import api_keys, sessions
from forepost.controller.db.tables.accounts import users
from forepost.controller.db.tables.workspaces import workspaces
from forepost.kit.clock import Clock
from forepost.kit.errors import Unauthenticated

REMEMBERED: Final = 10_000
"""Sessions, and as many keys; when full, the one that was looked up first is looked up again."""
COARSE_SEC: Final = 60.0
"""How exactly it is known when something was used last."""
KEY_PREFIX: Final = "fpk_"


class SignedIn(msgspec.Struct):
    """A session that is open."""

    session_id: int
    user_id: int
    email: str
    expires: float
    """Unix seconds."""
    noted: float = float("-inf")
    """When its use was last written down, on the monotonic clock."""


class Key(msgspec.Struct):
    """An API key that has not ended."""

    key_id: int
    workspace_id: int
    maker_id: int
    name: str
    role: str
    scopes: frozenset[str]
    """Empty: all."""
    secret_sha256: str
    expires: float | None
    noted: float = float("-inf")


Known = TypeVar("Known", bound=SignedIn | Key)


class LookupCache(Generic[Known]):
    """Looks up once, until told to forget."""

    def __init__(self, look_up: Callable[[int], Awaitable[Known | None]]) -> None:
        self._look_up = look_up
        self._known: dict[int, Known] = {}
        self._forgotten = 0

    def peek(self, known_by: int) -> Known | None:
        return self._known.get(known_by)

    async def find(self, known_by: int) -> Known | None:
        at_first = self._forgotten
        found = await self._look_up(known_by)
        # What ended while it was looked up may have been read as it was before.
        if found is not None and at_first == self._forgotten:
            if len(self._known) >= REMEMBERED:
                del self._known[next(iter(self._known))]
            self._known[known_by] = found
        return found

    def forget(self, ids: Iterable[int] | None = None) -> None:
        """None: all."""
        self._forgotten += 1
        if ids is None:
            self._known.clear()
            return
        for known_by in ids:
            self._known.pop(known_by, None)


class Credentials:
    def __init__(self, db: Database, tokens: Tokens, clock: Clock) -> None:
        self._db, self._tokens, self._clock = db, tokens, clock
        self._sessions: LookupCache[SignedIn] = LookupCache(self._read_session)
        self._keys: LookupCache[Key] = LookupCache(self._read_key)
        self._waiting: dict[int, set[anyio.Event]] = {}
        self._used_sessions: dict[int, tuple[datetime, str]] = {}
        self._used_keys: dict[int, tuple[datetime, str]] = {}

    async def session(self, token: str) -> SignedIn:
        """Raises Unauthenticated, also for a session that ended or an account that is gone."""
        bearer = self._tokens.verify(token)
        known_by = bearer.session_id
        found = self._sessions.peek(known_by) or await self._sessions.find(known_by)
        if found is None or found.user_id != bearer.user_id:
            raise Unauthenticated("the session has ended")
        return found

    async def key(self, text: str) -> Key:
        """Raises Unauthenticated."""
        number, _, secret = text.removeprefix(KEY_PREFIX).partition("_")
        found = None
        if number.isascii() and number.isdigit() and len(number) < 10:
            key_id = int(number)
            found = self._keys.peek(key_id) or await self._keys.find(key_id)
        if found is None or not psk_matches(secret, found.secret_sha256):
            raise Unauthenticated("invalid API key")
        if found.expires is not None and found.expires <= self._clock.now().timestamp():
            raise Unauthenticated("the API key has expired")
        return found

    def to_be_noted(self, known: SignedIn | Key) -> bool:
        """Its last use is more than `COARSE_SEC` ago; answers True once."""
        now = self._clock.monotonic()
        if now - known.noted < COARSE_SEC:
            return False
        known.noted = now
        return True

    def note(self, known: SignedIn | Key, address: str) -> None:
        """Keep in RAM that it was used, until `flush`."""
        used = self._clock.now(), address
        if isinstance(known, Key):
            self._used_keys[known.key_id] = used
        else:
            self._used_sessions[known.session_id] = used

    async def flush(self) -> None:
        used_sessions, self._used_sessions = self._used_sessions, {}
        used_keys, self._used_keys = self._used_keys, {}
        await self._write(sessions, "address", used_sessions)
        await self._write(api_keys, "last_address", used_keys)

    async def run(self) -> None:
        while True:
            await self._clock.sleep(COARSE_SEC)
            await self.flush()

    def forget(self) -> None:
        """An account or a workspace changed: look everything up again."""
        self._sessions.forget()
        self._keys.forget()

    async def look_again(self) -> None:
        """Another process may have ended sessions: tell those who wait for their end."""
        self.forget()
        for session_id in list(self._waiting):
            if await self._sessions.find(session_id) is None:
                self.ended([session_id])

    def key_changed(self, key_id: int) -> None:
        self._keys.forget([key_id])

    def ended(self, session_ids: Iterable[int]) -> None:
        """These sessions ended, and that is committed."""
        ids = list(session_ids)
        self._sessions.forget(ids)
        for session_id in ids:
            for event in self._waiting.get(session_id, ()):
                event.set()

    async def until_over(self, session: SignedIn) -> None:
        """Return when the session has ended or expired."""
        event = anyio.Event()
        waiting = self._waiting.setdefault(session.session_id, set())
        waiting.add(event)
        try:
            known_by = session.session_id
            if (self._sessions.peek(known_by) or await self._sessions.find(known_by)) is None:
                return  # it ended before it was waited for
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._expire, session, event)
                await event.wait()
                tasks.cancel_scope.cancel()
        finally:
            waiting.discard(event)
            if not waiting and self._waiting.get(session.session_id) is waiting:
                del self._waiting[session.session_id]

    async def _expire(self, session: SignedIn, event: anyio.Event) -> None:
        await self._clock.sleep(max(0.0, session.expires - self._clock.now().timestamp()))
        event.set()

    async def _read_session(self, session_id: int) -> SignedIn | None:
        query = (
            select(sessions.c.user_id, sessions.c.expires_at, users.c.email)
            .join(users, users.c.id == sessions.c.user_id)
            .where(
                sessions.c.id == session_id,
                sessions.c.ended_at.is_(None),
                users.c.locked_at.is_(None),
            )
        )
        async with self._db.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        return SignedIn(session_id, row.user_id, row.email, row.expires_at.timestamp())

    async def _read_key(self, key_id: int) -> Key | None:
        query = (
            select(api_keys)
            .join(workspaces, workspaces.c.id == api_keys.c.workspace_id)
            .join(users, users.c.id == api_keys.c.created_by)
            .where(
                api_keys.c.id == key_id,
                workspaces.c.deleted_at.is_(None),
                users.c.locked_at.is_(None),
            )
        )
        async with self._db.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        return Key(
            key_id,
            row.workspace_id,
            row.created_by,
            row.name,
            row.role,
            frozenset(row.scopes),
            row.secret_sha256,
            row.expires_at.timestamp() if row.expires_at else None,
        )

    async def _write(
        self, table: Table, address: str, used: dict[int, tuple[datetime, str]]
    ) -> None:
        if not used:
            return
        statement = (
            update(table)
            .where(table.c.id == bindparam("of"))
            .values({"last_used_at": bindparam("at"), address: bindparam("from_where")})
        )
        rows = [{"of": i, "at": at, "from_where": where} for i, (at, where) in used.items()]
        async with self._db.write() as connection:
            await connection.execute(statement, rows)
