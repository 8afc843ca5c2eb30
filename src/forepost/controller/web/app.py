"""The HTTP application: every slice's routes, one guard, one place for refusals and faults."""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import msgspec
from litestar import Litestar, MediaType, Request, Response, Router, get
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.status_codes import HTTP_404_NOT_FOUND
from litestar.typing import FieldDefinition
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.registry import Collector

import forepost
from forepost.controller.access.guard import PUBLIC, Access, caller_of, needs
from forepost.controller.asgi import Asgi
from forepost.controller.db.failures import FAILURES, failure_of, reason_of
from forepost.controller.db.sole_use import SUBJECT as DATABASE
from forepost.controller.web import panel_files
from forepost.controller.web.allowed_origins import AllowedOrigins
from forepost.controller.web.bodies import BODY_BYTES, SpelledRequest, bound_bodies, name_unknown
from forepost.controller.web.documented import document
from forepost.controller.web.gzipped import gzipped
from forepost.controller.web.netwatcher.voice import spoken
from forepost.controller.web.parameters import Parameters
from forepost.controller.web.quotas import Quotas
from forepost.kit.clock import Clock
from forepost.kit.errors import Forbidden, Refusal, SecondFactorNeeded, TooMany
from forepost.kit.health import Health
from forepost.wire.allowed import with_allowed
from forepost.wire.rest import bodies
from forepost.wire.rest.bodies import Problem

SECURITY_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; connect-src 'self' ws: wss:; "
    "img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


_log = logging.getLogger(__name__)


def build(
    routers: Sequence[Router],
    sockets: Mapping[str, Asgi],
    access: Access,
    quotas: Quotas,
    around: Callable[[Asgi], Asgi],
    origins: AllowedOrigins,
    health: Health,
    look: Callable[[], Awaitable[None]],
    metrics: Collector,
    clock: Clock,
) -> tuple[Asgi, Litestar]:
    """The application, and Litestar's part of it: WebSockets go past it, being the hot path.

    `around` is laid around Litestar's part: the audit log. `look` has the health know whether the
    database answers.
    """
    parameters = Parameters()
    http = Litestar(
        route_handlers=[
            *routers,
            _observability(health, look, metrics, clock),
            *panel_files.routers(),
        ],
        guards=[access.guard, parameters.guard, quotas.guard],
        dependencies={"caller": Provide(caller_of)},
        request_class=SpelledRequest,
        request_max_body_size=BODY_BYTES,
        exception_handlers={
            Refusal: _refuse,
            ValidationException: _wrong_parameter,
            HTTPException: _http_problem,
            Exception: partial(_fault, health),
        },
        response_headers=[],
        openapi_config=OpenAPIConfig(
            title="forepost controller",
            version=forepost.__version__,
            openapi_router=Router(
                "/schema", route_handlers=[], opt=needs(PUBLIC), include_in_schema=False
            ),
            render_plugins=[JsonRenderPlugin(path=["/", "/openapi.json"])],
            components=Components(
                security_schemes={
                    "bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT"),
                    "api_key": SecurityScheme(
                        type="apiKey", name="X-API-Key", security_scheme_in="header"
                    ),
                }
            ),
        ),
        after_request=_secure,
        before_send=[name_unknown],
        logging_config=None,
    )
    document(http)
    bound_bodies(http)
    parameters.learn(http)

    answered = around(http)

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            socket = sockets.get(scope["path"])
            if socket is None:
                await receive()
                await send({"type": "websocket.close", "code": 1008})
            else:
                await socket(scope, receive, send)
            return
        if scope["type"] == "http" and scope["method"] == "HEAD" and scope["path"] in sockets:
            # How neffos' browser client looks whether a server is there.
            await send({"type": "http.response.start", "status": 302, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await answered(scope, receive, send)

    return gzipped(origins.around(spoken(serve))), http


def _observability(
    health: Health, look: Callable[[], Awaitable[None]], collector: Collector, clock: Clock
) -> Router:
    registry = CollectorRegistry()
    registry.register(collector)
    ProcessCollector(registry=registry)

    @get("/healthz", opt=needs(PUBLIC))
    async def healthz() -> bodies.Health:
        """The process lives."""
        return bodies.Health(ok=True)

    @get("/readyz", opt=needs(PUBLIC))
    async def readyz() -> Response[bodies.Health]:
        """It can do its work; 503 and the reasons when it cannot. What is minor is only named."""
        await look()
        problems = dict(health.problems) or msgspec.UNSET
        said = bodies.Health(ok=health.able, problems=problems)
        return Response(said, status_code=200 if health.able else 503)

    @get("/api/v1/time", opt=needs(PUBLIC))
    async def time_now() -> bodies.ServerTime:
        """The time of this controller."""
        now = clock.now()
        return bodies.ServerTime(server_time=now, server_unix_ms=int(now.timestamp() * 1_000))

    @get("/metrics", opt=needs(PUBLIC), media_type=CONTENT_TYPE_LATEST, include_in_schema=False)
    async def metrics() -> bytes:
        """For Prometheus; counters only, no names of anybody's objects."""
        return generate_latest(registry)

    return Router("/", route_handlers=[healthz, readyz, time_now, metrics], tags=["health"])


async def _secure(response: Response[Any]) -> Response[Any]:
    response.headers.update(SECURITY_HEADERS)
    return response


def _answer(status: int, problem: Problem, **headers: str) -> Response[Problem]:
    return Response(
        problem,
        status_code=status,
        media_type=MediaType.JSON,
        headers={**SECURITY_HEADERS, **headers},
    )


def _refuse(_request: Any, refusal: Refusal) -> Response[Problem]:
    if isinstance(refusal, TooMany):
        after = {"Retry-After": str(refusal.retry_after_sec)}
        return _answer(refusal.status, Problem(error=str(refusal)), **after)
    if isinstance(refusal, SecondFactorNeeded):
        problem = Problem(error=str(refusal), second_factor_needed=True)
        return _answer(refusal.status, problem)
    role = refusal.required_role if isinstance(refusal, Forbidden) else None
    return _answer(
        refusal.status,
        Problem(error=str(refusal), required_role=msgspec.UNSET if role is None else role),
    )


def _wrong_parameter(
    request: Request[Any, Any, Any], error: ValidationException
) -> Response[Problem]:
    """Litestar's words for a wrong parameter or a missing body, as field and reason."""
    if request.method in ("POST", "PATCH") and request.headers.get("content-length", "0") == "0":
        return _answer(400, Problem(error="body: a JSON object is needed"))
    for wrong in error.extra or ():
        if isinstance(wrong, dict):
            key = str(wrong.get("key", "body"))
            known = request.route_handler.parsed_fn_signature.parameters.get(key)
            field = _sent_name(key, known)
            kind = None if known is None else known.annotation
            reason = with_allowed(str(wrong.get("message", "invalid")), kind, "")
            return _answer(400, Problem(error=f"{field}: {reason[:1].lower()}{reason[1:]}"))
    missing = re.match(r"Missing required \w+ parameter '(\w+)'", error.detail)
    reason = f"{missing[1]}: is required" if missing else error.detail
    return _answer(400, Problem(error=reason))


def _sent_name(key: str, known: FieldDefinition | None) -> str:
    """How a parameter is called where it is sent; Litestar names the argument that it fills."""
    name = None if known is None else getattr(known.kwarg_definition, "name", None)
    return name or key


def _http_problem(_request: Any, error: HTTPException) -> Response[Problem]:
    reason = "not found" if error.status_code == HTTP_404_NOT_FOUND else error.detail.lower()
    return _answer(error.status_code, Problem(error=reason))


def _fault(health: Health, request: Request[Any, Any, Any], error: Exception) -> Response[Problem]:
    """A database that cannot be used now is said once, by the health; a fault of ours each time."""
    if failure := failure_of(error):
        status, words = FAILURES[failure]
        if failure == "away":
            health.ill(DATABASE, reason_of(error))
        return _answer(status, Problem(error=words), **{"Retry-After": "5"})
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return _answer(500, Problem(error="internal error"))
