"""What each call of the Agent API does. What is not as documented gets 400 and changes nothing."""

from collections.abc import Callable
from typing import Annotated, Final, Protocol, TypeVar

import msgspec
from msgspec import Meta

from forepost.agent.edges.local.http_face import LocalAnswer, LocalRequest
from forepost.agent.jobs.agent_api.words import (
    ApiRefusal,
    only,
    parameters,
    said,
    whole_number,
)
from forepost.agent.jobs.pause import AgentPause
from forepost.agent.jobs.tags import AgentTags
from forepost.kit.errors import Invalid
from forepost.wire.base import complaint
from forepost.wire.jobs.agent_api import MOST_TAGS, ApiClient, ApiServer, JobRun, Tag, Tags

PAUSED: Final = {"true": True, "false": False}
NOT_JSON: Final = "body: not JSON"
SINGLE_QUOTES: Final = f'{NOT_JSON}: names and texts stand in double quotes: {{"restart": true}}'
NOTHING: Final[dict[str, str]] = {}


class ShownRuns(Protocol):
    """The runs of this agent, as they were a moment ago."""

    def all(self) -> list[JobRun]:
        """Those that the API tells of."""
        ...

    def one(self, run_id: int) -> JobRun | None:
        """That of a number; None: there is none."""
        ...


class ApiCalls:
    """`look`: called when something changed. `restart`: has the agent begin anew."""

    def __init__(
        self,
        deviceid: tuple[str, str],
        name: Callable[[], str],
        server: Callable[[], ApiServer],
        runs: ShownRuns,
        pause: AgentPause,
        tags: AgentTags,
        look: Callable[[], None],
        restart: Callable[[], None],
    ) -> None:
        self._deviceid, self._name, self._server = deviceid, name, server
        self._runs, self._pause, self._tags = runs, pause, tags
        self._look, self._restart = look, restart

    def client(self, request: LocalRequest) -> LocalAnswer:
        return said(self._client())

    def former_client(self, request: LocalRequest) -> LocalAnswer:
        """As `/api/v2/client` had it."""
        client = self._client()
        return said({"data": {"peerid": client.deviceid, **msgspec.to_builtins(client)}})

    def runs(self, request: LocalRequest) -> LocalAnswer:
        return said(self._runs.all())

    def run(self, request: LocalRequest) -> LocalAnswer:
        number = whole_number("run_id", request.path.rpartition("/")[2])
        found = self._runs.one(number)
        if found is None:
            raise ApiRefusal(404, f"run_id: there is no run {number}")
        return said([found])

    def tags(self, request: LocalRequest) -> LocalAnswer:
        return said(Tags(tags=self._tags.listed))

    def set_tags(self, request: LocalRequest) -> LocalAnswer:
        only(parameters(request), ())
        wanted = _body(request, _TagsBody)
        try:
            self._tags.set(Tag(name=one.name, value=one.value) for one in wanted.tags)
        except Invalid as error:
            raise ApiRefusal(400, str(error)) from None
        except OSError as error:
            raise _unkept(error) from None
        self._look()
        return said(NOTHING)

    def change_client(self, request: LocalRequest) -> LocalAnswer:
        given = parameters(request)
        only(given, ("paused", "resume_timer"))
        if request.body.strip():
            if given.keys() - {"token"}:
                raise ApiRefusal(400, "body: pause and restart are two calls")
            _body(request, _RestartBody)
            return msgspec.structs.replace(said(NOTHING), then=self._restart)
        if given.get("paused") not in PAUSED:
            raise ApiRefusal(400, "paused: true or false is needed")
        seconds: int | None = None
        if "resume_timer" in given:
            seconds = whole_number("resume_timer", given["resume_timer"])
            if seconds < 1:
                raise ApiRefusal(400, "resume_timer: 1 second at least")
        try:
            if PAUSED[given["paused"]]:
                self._pause.pause(seconds)
            else:
                self._pause.resume()
        except OSError as error:
            raise _unkept(error) from None
        self._look()
        return said(NOTHING)

    def _client(self) -> ApiClient:
        deviceid, hexadecimal = self._deviceid
        return ApiClient(
            deviceid=deviceid,
            deviceidHex=hexadecimal,
            name=self._name(),
            paused=self._pause.is_paused,
            server=self._server(),
        )


T = TypeVar("T")


class _RestartBody(msgspec.Struct, forbid_unknown_fields=True):
    restart: bool

    def __post_init__(self) -> None:
        if not self.restart:
            raise ValueError("restart: only true is understood")


class _TagBody(Tag, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class _TagsBody(msgspec.Struct, forbid_unknown_fields=True):
    tags: Annotated[list[_TagBody], Meta(max_length=MOST_TAGS)]


def _body(request: LocalRequest, kind: type[T]) -> T:
    """Raises ApiRefusal."""
    try:
        return msgspec.json.decode(request.body, type=kind)
    except msgspec.ValidationError as error:
        raise ApiRefusal(400, complaint(error, kind)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        why = SINGLE_QUOTES if b"'" in request.body else f"{NOT_JSON}: {error}"
        raise ApiRefusal(400, why) from None


def _unkept(error: OSError) -> ApiRefusal:
    return ApiRefusal(503, f"it cannot be kept: {error.strerror or error}")
