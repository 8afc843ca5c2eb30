"""What the demo lacks for its pictures: who is told how, planned work, named addresses."""

from collections.abc import Callable
from typing import Any, Final

Ask = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Post a body to a path of the workspace; what was made."""

CHANNELS: Final[list[dict[str, Any]]] = [
    {"name": "On call", "kind": "webhook", "url": "https://hooks.acme.example/on-call"},
    {
        "name": "Team",
        "kind": "apprise",
        "url": "json://hooks.acme.example/team",
    },
]
GROUPS: Final[list[dict[str, Any]]] = [
    {
        "name": "Servers",
        "description": "What all shops need",
        "addresses": ["198.18.1.0/24", "2001:db8:1::/64"],
    },
    {"name": "Printers", "addresses": ["198.18.10.20", "198.18.10.21", "02:00:5e:00:53:01"]},
]
WINDOW: Final[dict[str, Any]] = {
    "name": "Router updates",
    "starts_at": "2026-01-04T02:00:00Z",
    "ends_at": "2026-01-04T04:00:00Z",
    "recurrence": "monthly",
    "week_of_month": 1,
    "weekdays": ["sun"],
    "reason": "firmware",
}
TEMPLATE: Final[dict[str, Any]] = {
    "name": "Short",
    "title": "{{ severity }}: {{ agent }}",
    "text": "{{ message }} ({{ value }}) {{ link }}",
}


def furnish(ask: Ask, agent_ids: list[int]) -> None:
    for group in GROUPS:
        ask("address-groups", group)
    told = [ask("channels", one)["id"] for one in CHANNELS]
    ask("templates", TEMPLATE)
    ask("maintenance-windows", {**WINDOW, "agent_ids": agent_ids[:2]})
    night = {"timezone": "Europe/Rome", "from": "20:00", "to": "07:00"}
    ask(
        "routes",
        {
            "name": "Nights",
            "match": {"severities": ["critical"], "labels": {"kind": "shop"}},
            "hours": night,
            "channel_ids": told[:1],
            "stop": True,
        },
    )
    ask("routes", {"name": "All else", "channel_ids": told[1:]})
    ask("api-keys", {"name": "grafana", "role": "VIEWER"})
