"""What the OpenAPI document says of refusals: the same for every route, by what the route needs."""

from collections.abc import Iterator
from typing import Final

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import ResponseSpec
from litestar.routes import HTTPRoute

from forepost.controller.access.guard import AGENT, NEEDS, PUBLIC
from forepost.wire.rest.bodies import Problem

WORDS: Final = {
    400: "A parameter or a field of the body is wrong: `field: reason`",
    401: "Who asks is not known: no token, or one that has ended",
    403: "Who asks is known and may not",
    404: "There is no such thing, or it is somebody else's",
    409: "What is there already stands against it",
    413: "The body is too large",
    429: "Too many tries: see Retry-After",
    503: "Something that this needs is not there, or not configured",
}
BEARER: Final[list[dict[str, list[str]]]] = [{"bearer": []}, {"api_key": []}]


def document(http: Litestar) -> None:
    """Add to every handler the refusals that it may answer with; what it says itself stays."""
    for route in http.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            spec = {
                status: ResponseSpec(Problem, description=WORDS[status], generate_examples=False)
                for status in _refusals(route, handler)
            }
            handler.responses = {**spec, **(handler.responses or {})}
            if handler.opt.get(NEEDS, PUBLIC) not in (PUBLIC, AGENT):
                handler.security = BEARER


def _refusals(route: HTTPRoute, handler: HTTPRouteHandler) -> Iterator[int]:
    yield 400
    yield 503
    if route.path_components and any(not isinstance(part, str) for part in route.path_components):
        yield 404
    changes = bool(handler.http_methods & {"POST", "PATCH", "PUT", "DELETE"})
    if changes or handler.opt.get(NEEDS, PUBLIC) != PUBLIC:
        yield from (401, 403)
    if changes:
        yield from (409, 413, 429)
