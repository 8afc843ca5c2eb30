"""How the Local API puts answers and refusals. Pure."""

from typing import Any, Final

import msgspec

from forepost.agent.edges.local.http_face import LocalAnswer, LocalRequest

NO_CONTENT: Final = "Incorrect content/data"


class NotDone(Exception):
    """A refusal, whose body is JSON: `body`, or the text as an `errorMessage`."""

    def __init__(self, status: int, reason: str, body: dict[str, Any] | None = None) -> None:
        super().__init__(reason)
        self.status, self.body = status, body


def done(value: Any) -> LocalAnswer:
    return LocalAnswer(msgspec.json.encode(value))


def failed(status: int, reason: str) -> LocalAnswer:
    body = {"status": "failed", "errorMessage": reason}
    return LocalAnswer(msgspec.json.encode(body), status)


def told(refusal: NotDone) -> LocalAnswer:
    if refusal.body is None:
        return failed(refusal.status, str(refusal))
    return LocalAnswer(msgspec.json.encode(refusal.body), refusal.status)


def fields(request: LocalRequest, otherwise: str = NO_CONTENT) -> dict[str, Any]:
    """The JSON object of a request. Raises NotDone, with `otherwise` or the parser's own words."""
    try:
        found = msgspec.json.decode(request.body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise NotDone(400, otherwise or f"Log message parsing error, {error}") from None
    if not isinstance(found, dict):
        raise NotDone(400, otherwise or "Log message parsing error, not an object")
    return found


def id_of(said: dict[str, Any]) -> str:
    """Which microservice it is about. Raises NotDone."""
    found = said.get("id")
    if not isinstance(found, str) or not found.strip():
        raise NotDone(400, NO_CONTENT)
    return found
