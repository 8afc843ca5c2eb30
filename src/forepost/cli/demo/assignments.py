"""What the demo's controller is told to have its sites run and do: bodies of its REST API."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

MICROSERVICES: Final[Sequence[dict[str, Any]]] = (
    {
        "name": "till-gateway",
        "image": "registry.acme.example/till-gateway:3.2",
        "labels": {"kind": "shop"},
        "env": {"LOG_LEVEL": "info"},
        "health": {"test": ["/bin/check"]},
    },
    {
        "name": "signage",
        "image": "registry.acme.example/signage:2.4",
        "labels": {"customer": "Acme"},
        "ports": [{"internal": 8080, "external": 8080}],
    },
)


def jobs(agent_ids: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Of `POST .../jobs`. The first of the agents is the datacentre's."""
    source, *shops = agent_ids
    yield {
        "name": "Price list",
        "type": "distribution",
        "agents": [
            {"agent_id": source, "permission": "rw", "path": "/srv/prices"},
            *({"agent_id": one, "permission": "ro", "path": "/srv/prices"} for one in shops),
        ],
        "schedule": {"type": "daily", "at": [9_000]},
    }
    yield {
        "name": "Clean old logs",
        "type": "script",
        "agents": [{"agent_id": one, "path": "/var/log"} for one in agent_ids],
        "script": {"command": "find . -name '*.log' -mtime +14 -delete", "timeout_sec": 60},
    }
