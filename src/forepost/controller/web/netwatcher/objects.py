"""Objects as NetWatcher's public code writes them. Pure."""

from typing import Any, Final

_COUNTS: Final = ("agent_count", "online_agents", "member_count", "alert_count")
_NEVER: Final = "0001-01-01T00:00:00Z"
_FIGURES: Final = ("avg_latency", "packet_loss")


def workspaces(said: Any) -> list[Any]:
    """A bare array."""
    return [{**dict.fromkeys(_COUNTS, 0), **workspace} for workspace in said["data"]]


def agent(said: dict[str, Any]) -> dict[str, Any]:
    """No agent is another workspace's too."""
    return {**said, "is_global": False, "bidirectional_default": False}


def agents(said: dict[str, Any]) -> dict[str, Any]:
    return {**said, "data": [agent(one) for one in said["data"]]}


def with_agent(said: dict[str, Any]) -> dict[str, Any]:
    """An answer with an agent in it, such as that to making one."""
    return {**said, "agent": agent(said["agent"])} if "agent" in said else said


def member(said: dict[str, Any]) -> dict[str, Any]:
    """`created_At`, as the public code spells it; nobody is kept who was removed."""
    more = {"created_At": said["created_at"], "revoked_at": None}
    return {"invite_email_sent": False, **said, **more}


def members(said: dict[str, Any]) -> dict[str, Any]:
    return {**said, "data": [member(one) for one in said["data"]]}


def session(said: dict[str, Any]) -> dict[str, Any]:
    """Of a log-in. An address that is not proven keeps nobody out."""
    return {**said, "email_verification_required": False}


def network_map(said: dict[str, Any]) -> dict[str, Any]:
    """Figures are numbers there: 0 where nothing is known, which `status` says."""
    return {
        **said,
        "nodes": [_numbered(node) for node in said["nodes"]],
        "edges": [_numbered(edge) for edge in said["edges"]],
        "destinations": [
            {
                **_numbered(place),
                "expanded_endpoints": [_numbered(end) for end in place["expanded_endpoints"]],
            }
            for place in said["destinations"]
        ],
    }


def matrix(said: dict[str, Any]) -> dict[str, Any]:
    """As the map; a pair that never said anything did so in the year 1."""
    return {
        **said,
        "entries": [
            {**entry, "probe_status": [_status(one) for one in entry["probe_status"]]}
            for entry in said["entries"]
        ],
    }


def shared(said: dict[str, Any]) -> dict[str, Any]:
    """Nobody starts a speed test by a link."""
    return {"allow_speedtest": False, **said}


def by_target(said: dict[str, Any]) -> dict[str, Any]:
    """What a probe has not said is left out."""
    bundles = [{name: it for name, it in one.items() if it is not None} for one in said["bundles"]]
    return {**said, "bundles": bundles}


def _status(one: dict[str, Any]) -> dict[str, Any]:
    return {
        **_numbered(one),
        "jitter": one["jitter"] or 0.0,
        "last_updated": one["last_updated"] or _NEVER,
    }


def _numbered(thing: dict[str, Any]) -> dict[str, Any]:
    return thing | {name: thing[name] or 0.0 for name in _FIGURES}
