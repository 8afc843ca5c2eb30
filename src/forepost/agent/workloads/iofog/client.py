"""Requests to an ioFog Controller, each with what shows who asks."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec

from forepost.agent.way import Way
from forepost.agent.workloads.iofog.account import IofogAccount
from forepost.agent.workloads.iofog.bodies import IofogProvisioned, IofogRefusal
from forepost.agent.workloads.iofog.refusals import OF_IDENTITY
from forepost.kit.clock import Clock
from forepost.kit.http import Answer, Unreachable

BASE: Final = "/api/v3/"
WITHIN_SEC: Final = 10.0
WHO_SEC: Final = 2.0
"""For one of the two questions who is there."""
MOST_APART: Final = timedelta(seconds=3)
"""Clocks that are no further apart are no reason to refuse a JWT."""
ANY_TYPE: Final = 0
"""Of the host; 1 and 2 are Intel and ARM, by which a Controller chooses images."""
T = TypeVar("T")


class IofogRefused(Exception):
    """The Controller answers, and refuses; the text is its own."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class IofogClient:
    def __init__(self, way: Way, clock: Clock, pin_sha256: str = "") -> None:
        self._way, self._clock, self._pin_sha256 = way, clock, pin_sha256
        self._ahead = timedelta()
        """By how much the clock of the Controller is, where a JWT of this host's time is refused:
        a host whose clock is wrong would be taken for one that is not known any more."""

    async def base_of(self, url: str) -> str:
        """Return the base address of the ioFog Controller at `url`; "" where none is there.

        Raises Unreachable where nobody answers.
        """
        parts = urlsplit(url)
        named = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/"
        bases = [named] if parts.path.strip("/") else [f"{named.rstrip('/')}{BASE}", named]
        for base in bases:
            asked = self._request("GET", f"{base}status", within_sec=WHO_SEC)
            found = (await asked).json()
            if isinstance(found, dict) and found.get("status") == "online" and "versions" in found:
                return base
        return ""

    async def provision(self, base: str, key: str) -> IofogAccount:
        """Trade a provisioning key. Raises IofogRefused, Unreachable."""
        said = {"key": key, "type": ANY_TYPE}
        answer = await self._request("POST", f"{base}agent/provision", said)
        found = _read(answer, IofogProvisioned, base)
        if not found.token and not found.private_key:
            raise Unreachable(f"{base}: gave neither a token nor a key")
        return IofogAccount(
            url=base, uuid=found.uuid, token=found.token or "", private_key=found.private_key or ""
        )

    async def get(self, account: IofogAccount, path: str, kind: type[T]) -> T:
        """Raises IofogRefused, Unreachable, WrongIofogKey."""
        return _read(await self._asked(account, "GET", path), kind, account.url)

    async def send(
        self, account: IofogAccount, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> None:
        """Raises IofogRefused, Unreachable, WrongIofogKey."""
        answer = await self._asked(account, method, path, body)
        if answer.status >= 300:
            raise _refused(answer)

    async def _asked(
        self, account: IofogAccount, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> Answer:
        url = f"{account.url}{path}"
        headers = account.headers(self._clock.now() + self._ahead)
        answer = await self._request(method, url, body, headers)
        if answer.status not in OF_IDENTITY or not account.private_key or answer.at is None:
            return answer
        now, before = self._clock.now(), self._ahead
        ahead = answer.at - now
        if abs(ahead - before) < MOST_APART:
            return answer
        self._ahead = ahead
        answer = await self._request(method, url, body, account.headers(now + ahead))
        if answer.status in OF_IDENTITY:
            self._ahead = before
        return answer

    async def _request(
        self,
        method: str,
        url: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] = {},
        within_sec: float = WITHIN_SEC,
    ) -> Answer:
        return await self._way.request(
            method,
            url,
            body=body,
            headers={"Request-Id": str(uuid4()), **headers},
            pin_sha256=self._pin_sha256,
            within_sec=within_sec,
        )


def _read(answer: Answer, kind: type[T], where: str) -> T:
    if answer.status >= 300:
        raise _refused(answer)
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise Unreachable(f"{where}: its answer is not understood: {error}") from None


def _refused(answer: Answer) -> IofogRefused:
    try:
        found = msgspec.json.decode(answer.body, type=IofogRefusal)
    except (msgspec.MsgspecError, RecursionError):
        found = IofogRefusal()
    said = (found.message or found.name)[:200] or f"HTTP {answer.status}"
    return IofogRefused(answer.status, said)
