"""The POST of a webhook: whether it arrived, and what a receiver says that refuses it."""

from collections.abc import Mapping
from typing import Final

import msgspec

from forepost.controller.outgoing import http
from forepost.controller.outgoing.calls import Calls
from forepost.controller.outgoing.route import DIRECT, Route
from forepost.controller.outgoing.urls import UrlTarget

LONGEST_SAID: Final = 2_048
"""Of a refusal's body that is read, in bytes."""


class WebhookReply(msgspec.Struct, frozen=True):
    status: int
    said: str
    """The beginning of the body, where it is a refusal."""
    retry_after: str


class Client:
    def __init__(
        self, *, allow_private: bool, ca_file: str, timeout_sec: float, route: Route = DIRECT
    ) -> None:
        self._calls = Calls(
            allow_private=allow_private, ca_file=ca_file, timeout_sec=timeout_sec, route=route
        )

    async def post(
        self, target: UrlTarget, headers: Mapping[str, str], body: bytes
    ) -> WebhookReply:
        """Raises Unsent and Unallowed."""
        answer = await http.ask(self._calls, "POST", target, headers, _wanted, body)
        said = answer.body.decode(errors="replace")
        return WebhookReply(answer.status, said, answer.headers.get("retry-after", ""))


def _wanted(status: int) -> int:
    return 0 if status < 300 else LONGEST_SAID
