"""The face of the Agent API: who asks is looked at, and what is asked is found."""

import re
import secrets
from base64 import b32encode
from collections.abc import Callable, Mapping
from typing import Final

from forepost.agent.cores.local_guard import Guard, same
from forepost.agent.edges.local.http_face import LocalAnswer, LocalRequest, Talk
from forepost.agent.jobs.agent_api.calls import ApiCalls
from forepost.agent.jobs.agent_api.words import TOKEN, ApiRefusal, parameters, refused, said

TOKEN_BYTES: Final = 16
TOKEN_PATH: Final = "/api/v3/token"  # noqa: S105 - a path
HEADER: Final = "x-token"
_RUN: Final = re.compile(r"/api/v3/runs/[^/]+")

Call = Callable[[LocalRequest], LocalAnswer]


class AgentApiFace:
    """A Face. The token is of this process: it protects against pages, not against programs."""

    def __init__(self, calls: ApiCalls, *, needs_token: bool) -> None:
        self._needs_token = needs_token
        self._token = b32encode(secrets.token_bytes(TOKEN_BYTES)).decode().rstrip("=")
        self._routes: Mapping[str, Mapping[str, Call]] = {
            TOKEN_PATH: {"GET": self._give_token},
            "/api/v3/client": {"GET": calls.client, "PATCH": calls.change_client},
            "/api/v3/runs": {"GET": calls.runs},
            "/api/v3/tags": {"GET": calls.tags, "PATCH": calls.set_tags},
            "/api/v2/client": {"GET": calls.former_client},
        }
        self._run: Mapping[str, Call] = {"GET": calls.run}

    def guard(self, peer: str) -> Guard:
        return Guard()

    async def answer(self, request: LocalRequest) -> LocalAnswer:
        try:
            call = self._call(request)
            if self._needs_token and request.path != TOKEN_PATH:
                self._check_token(request)
            return call(request)
        except ApiRefusal as refusal:
            return refused(refusal)

    async def talk(self, request: LocalRequest) -> Talk | LocalAnswer:
        return refused(ApiRefusal(400, "Upgrade: no WebSocket is served here"))

    def refused(self, status: int, reason: str) -> LocalAnswer:
        return refused(ApiRefusal(status, reason))

    def _call(self, request: LocalRequest) -> Call:
        verbs = self._routes.get(request.path)
        if verbs is None and _RUN.fullmatch(request.path):
            verbs = self._run
        if verbs is None:
            raise ApiRefusal(404, f"{request.path}: there is no such call")
        if request.method not in verbs:
            said_so = f"{request.method}: not a verb of {request.path}"
            raise ApiRefusal(405, said_so, tuple(verbs))
        return verbs[request.method]

    def _check_token(self, request: LocalRequest) -> None:
        given = parameters(request).get(TOKEN, request.headers.get(HEADER, ""))
        if not same(given, self._token):
            raise ApiRefusal(403, f"token: {'is wrong' if given else 'is missing'}")

    def _give_token(self, request: LocalRequest) -> LocalAnswer:
        return said({"token": self._token})
