"""How the Agent API puts answers and refusals, and reads what it is asked. Pure."""

import re
from collections.abc import Collection, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from forepost.agent.edges.local.http_face import LocalAnswer, LocalRequest

NO_STORE: Final = (("cache-control", "no-store"),)
TOKEN: Final = "token"  # noqa: S105 - a parameter's name
MOST_PARAMETERS: Final = 20
LONGEST_DIGITS: Final = 15
_WHOLE: Final = re.compile(r"[0-9]{1,15}")


class ApiRefusal(Exception):
    """The text says why. `allowed`: the verbs that there are, where another was used."""

    def __init__(self, status: int, reason: str, allowed: Collection[str] = ()) -> None:
        super().__init__(reason)
        self.status, self.allowed = status, allowed


def said(value: Any) -> LocalAnswer:
    return LocalAnswer(msgspec.json.encode(value), headers=NO_STORE)


def refused(refusal: ApiRefusal) -> LocalAnswer:
    body = msgspec.json.encode({"message": str(refusal)})
    allow = (("allow", ", ".join(refusal.allowed)),) if refusal.allowed else ()
    return LocalAnswer(body, refusal.status, headers=(*NO_STORE, *allow))


def parameters(request: LocalRequest) -> dict[str, str]:
    """The query of a request. Raises ApiRefusal."""
    try:
        found = parse_qsl(
            request.query, keep_blank_values=True, max_num_fields=MOST_PARAMETERS, errors="strict"
        )
    except ValueError as error:
        raise ApiRefusal(400, f"the query cannot be read: {error}") from None
    names = [name for name, _ in found]
    for name in names:
        if names.count(name) > 1:
            raise ApiRefusal(400, f"{name}: is there more than once")
    return dict(found)


def only(given: Mapping[str, str], known: Collection[str]) -> None:
    """Raises ApiRefusal where something else is given."""
    for name in given:
        if name not in known and name != TOKEN:
            raise ApiRefusal(400, f"{name}: is no parameter of this call")


def whole_number(name: str, text: str) -> int:
    """Raises ApiRefusal."""
    if not _WHOLE.fullmatch(text):
        raise ApiRefusal(400, f"{name}: a whole number is needed")
    return int(text)
