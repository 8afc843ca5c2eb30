"""The controller's REST API, as far as the command line needs it."""

from typing import Any

from forepost.kit.http import Unreachable, request
from forepost.kit.proxies import WrongProxy, proxy_for

PAGE = 200


class RestRefused(Exception):
    """The controller answered, and not with what was asked for; the text says what."""


class Api:
    def __init__(self, url: str, token: str) -> None:
        """`token`: a JWT or an API key."""
        self.url = url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def all(self, path: str, *, paged: bool = False) -> list[dict[str, Any]]:
        """Every object of a list. Raises RestRefused and `forepost.kit.http.Unreachable`."""
        found: list[dict[str, Any]] = []
        while True:
            query = f"?limit={PAGE}&offset={len(found)}" if paged else ""
            page = await self.ask("GET", path + query)
            found += page["data"]
            if not paged or not page["data"] or len(found) >= page["total"]:
                return found

    async def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The object in the answer. Raises RestRefused and `forepost.kit.http.Unreachable`."""
        try:
            proxy = proxy_for("", self.url)
        except WrongProxy as wrong:
            raise Unreachable(str(wrong)) from None
        answer = await request(
            method, self.url + path, body=body, headers=self._headers, proxy=proxy
        )
        found = answer.json()
        if answer.status >= 300 or not isinstance(found, dict):
            reason = found.get("error") if isinstance(found, dict) else None
            said = reason or answer.body[:200].decode(errors="replace")
            raise RestRefused(f"{method} {path}: HTTP {answer.status}: {said}")
        return found
