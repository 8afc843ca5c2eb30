"""Every address of the Local API, what it takes, and who may ask. Pure."""

from typing import Final
from urllib.parse import parse_qs, unquote

import msgspec

from forepost.agent.edges.local.http_face import LocalRequest
from forepost.agent.workloads.local_api.words import NotDone


class LocalRoute(msgspec.Struct, frozen=True):
    """`name`: of what answers. `needs_token`: only who has the token of this host may ask."""

    name: str
    methods: tuple[str, ...]
    needs_token: bool = False
    takes_json: bool = False
    """Whether its content type must say so."""


ROUTES: Final = {
    "/v2/config/get": LocalRoute("config_get", ("POST",), takes_json=True),
    "/v2/status": LocalRoute("status", ("GET",), needs_token=True),
    "/v2/info": LocalRoute("info", ("GET",), needs_token=True),
    "/v2/version": LocalRoute("version", ("GET",), needs_token=True),
    "/v2/config": LocalRoute("config", ("POST",), needs_token=True, takes_json=True),
    "/v2/provision": LocalRoute("provision", ("POST",), needs_token=True, takes_json=True),
    "/v2/deprovision": LocalRoute("deprovision", ("DELETE",), needs_token=True),
    "/v2/prune": LocalRoute("prune", ("POST",), needs_token=True),
    "/v2/commandline": LocalRoute("commandline", ("POST",), needs_token=True, takes_json=True),
    "/v2/edgeResources": LocalRoute("edge_resources", ("GET",)),
    "/v2/gps": LocalRoute("gps", ()),
    "/v2/log": LocalRoute("log", ("POST",), takes_json=True),
    "/v2/messages/new": LocalRoute("messages_new", ("POST",), takes_json=True),
    "/v2/messages/next": LocalRoute("messages_next", ("POST",), takes_json=True),
    "/v2/messages/query": LocalRoute("messages_query", ("POST",), takes_json=True),
    "/v2/control/socket": LocalRoute("socket", ("GET",)),
    "/v2/message/socket": LocalRoute("socket", ("GET",)),
}
"""Without a slash at the end, which may be there. What goes on behind one of the two sockets is its
id; what goes on behind any other is not served."""
SOCKETS: Final = {"control": "/v2/control/socket", "message": "/v2/message/socket"}
JSON: Final = "application/json"


def route_of(request: LocalRequest) -> LocalRoute:
    """Raises NotDone: no such address, method or content type."""
    path = request.path.rstrip("/")
    if any(path.startswith(f"{socket}/") for socket in SOCKETS.values()):
        path = "/".join(path.split("/")[:4])
    route = ROUTES.get(path)
    if route is None:
        raise NotDone(404, "Request not found")
    if route.methods and request.method not in route.methods:
        raise NotDone(405, "Method Not Allowed")
    if route.takes_json:
        _check_type(request)
    return route


def _check_type(request: LocalRequest) -> None:
    found = request.headers.get("content-type", "").partition(";")[0].strip()
    if found.lower() != JSON:
        raise NotDone(400, f"Incorrect content type {found}".rstrip())


def socket_of(request: LocalRequest) -> tuple[str, str]:
    """Which socket is asked for, and the id that asks: the segment after `id`, whatever that is
    called, or the parameter of this name. Raises NotDone.
    """
    for kind, socket in SOCKETS.items():
        if request.path != socket and not request.path.startswith(f"{socket}/"):
            continue
        segments = request.path.removeprefix(socket).split("/")
        found = unquote(segments[2]) if len(segments) > 2 else ""
        found = found or (parse_qs(request.query).get("id") or [""])[0]
        if not found.strip():
            raise NotDone(400, "Missing input field id")
        return kind, found
    raise NotDone(404, "Request not found")
