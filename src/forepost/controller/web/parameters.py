"""Refuses a query parameter that a route does not know: it would be left out in silence."""

from typing import Any

from litestar import Litestar
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute

from forepost.kit.errors import Invalid
from forepost.kit.near_miss import near_miss

LONGEST_NAME = 40
LENIENT = "forepost.lenient"
"""In the scope of a request whose client may name parameters that nobody knows."""


class Parameters:
    """Which query parameters each route takes. What is not in the OpenAPI document (files of the
    panel, metrics) takes any.
    """

    def __init__(self) -> None:
        self._known: dict[BaseRouteHandler, frozenset[str]] = {}

    def learn(self, http: Litestar) -> None:
        for route in http.routes:
            if not isinstance(route, HTTPRoute):
                continue
            for handler, arguments in route.route_handler_map.values():
                if handler.resolve_include_in_schema():
                    expected = arguments.expected_query_params
                    self._known[handler] = frozenset(one.field_alias for one in expected)

    async def guard(
        self, connection: ASGIConnection[Any, Any, Any, Any], _copy: BaseRouteHandler
    ) -> None:
        """Raises Invalid. What Litestar hands to a guard is a copy of the route's handler."""
        known = self._known.get(connection.scope["route_handler"])
        lenient = LENIENT in connection.scope
        if known is None or lenient or not connection.scope["query_string"]:
            return
        for name in connection.query_params:
            if name not in known:
                meant = near_miss(name, known)
                reason = f"did you mean {meant}?" if meant else "is not a parameter of this"
                raise Invalid(f"{name[:LONGEST_NAME]}: {reason}")
