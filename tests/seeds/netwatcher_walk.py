"""What NetWatcher's own panel asks for, and what it reads of the answers: written from its requests
in our own words. A kind is a type, a list of one kind, or an object of named kinds; `Any` is not
looked into.
"""

from typing import Final

from tests.seeds.netwatcher_kinds import (
    AGENT,
    ALERT,
    BY_ROUTE,
    DONE,
    FIGURES,
    GROUPS,
    LINK,
    LISTED,
    MEMBER,
    NUMBER,
    PAGE,
    PING,
    PROBE,
    ROW,
    RULE,
    SHARED_AGENT,
    STATS,
    THRESHOLDS,
    TIME,
    TRAFFICSIM,
    USER,
    WORKSPACE,
)
from tests.seeds.netwatcher_step import A, D, Step, W
from tests.seeds.netwatcher_walk_reports import ANALYSES, REPORTS

ONE_CONDITION: Final = {
    "name": "loss",
    "description": "",
    "metric": "packet_loss",
    "operator": "gt",
    "threshold": 1,
    "severity": "warning",
    "logical_op": "OR",
    "hasSecondCondition": False,
    "enabled": True,
    "notify_panel": True,
    "notify_email": False,
    "notify_webhook": False,
    "webhook_url": "",
}
METRICS: Final = (
    *("packet_loss", "latency", "jitter", "offline", "end_hop_loss", "end_hop_latency"),
    *("worst_hop_loss", "route_change", "cpu_usage", "memory_usage", "health_score"),
    *("latency_baseline", "loss_baseline", "ip_change", "isp_change", "incident_count"),
)
"""That its form of a rule offers."""

WALK: Final = (
    # Before anybody is logged in.
    Step("GET /healthz", DONE, who="nobody"),
    Step("GET /api/v1/time", {"server_time": TIME, "server_unix_ms": int}, who="nobody"),
    Step(
        "GET /auth/config",
        {"registration_enabled": bool, "email_verification_required": bool},
        who="nobody",
    ),
    Step("GET /auth/reset-password/nonsense", {"valid": bool, "reason": str}, who="nobody"),
    Step("POST /auth/verify-email", body={"token": "x"}, status=400, who="nobody"),
    Step(
        "POST /auth/reset-password",
        body={"token": "x", "new_password": "a good password"},
        status=400,
        who="nobody",
    ),
    Step("GET /auth/me", USER),
    # Workspaces.
    Step("GET /workspaces", [LISTED]),
    Step("GET /workspaces?q=&limit=50&unknown=1", [LISTED]),
    Step(
        "POST /workspaces",
        WORKSPACE | {"description": str},
        {"name": "second", "displayName": "The second", "settings": {}},
        201,
    ),
    Step(f"GET {W}", WORKSPACE | {"my_role": str}),
    Step(f"PATCH {W}", WORKSPACE, {"description": "walked"}),
    Step(f"GET {W}/members", {"data": [MEMBER]}),
    Step(
        f"POST {W}/members",
        MEMBER,
        {"userId": 0, "email": "invited-{w}@example.com", "role": "USER", "meta": {}},
        201,
    ),
    Step(
        f"GET {W}/voice-thresholds",
        {"source": str, "effective": THRESHOLDS},
    ),
    Step(f"PUT {W}/voice-thresholds", {"ok": bool}, {"warning_jitter_ms": 20}),
    Step(f"PUT {W}/voice-thresholds", body={"warning_loss_pct": 50}, status=400),
    Step(f"DELETE {W}/voice-thresholds", {"ok": bool}),
    # Agents.
    Step(f"GET {W}/agents?limit=200&offset=0", PAGE | {"data": [AGENT]}),
    Step(f"GET {W}/agents/global", {"data": list}),
    Step(
        f"POST {W}/agents",
        {"agent": AGENT, "pin": str},
        {"name": "walked", "description": "", "location": "", "pinLength": 9},
        201,
    ),
    Step(f"GET {A}", AGENT),
    Step(f"PATCH {A}", AGENT, {"location": "Oslo", "public_ip_override": ""}),
    Step(f"GET {A}/pending-pin", {"pin": str, "initialized": bool}),
    Step(f"POST {W}/agents/{{spare}}/regenerate", {"pin": str, "agent": AGENT}),
    Step(f"GET {W}/agents/{{spare}}/pending-pin", {"pin": str, "initialized": bool}),
    Step(f"POST {W}/agents/{{spare}}/issue-pin", {"pin": str}, {"pinLength": 9}),
    Step(f"POST {A}/heartbeat", {"ok": bool, "ts": TIME}),
    Step(f"GET {A}/netinfo", ROW),
    Step(f"GET {A}/sysinfo", ROW),
    Step(f"GET {A}/speedtest-servers", {"data": list}),
    Step(f"GET {A}/speedtest-queue", {"data": list, "total": int}),
    Step(f"POST {A}/speedtest-queue", {"id": int, "status": str}, {}, 201),
    # Probes.
    Step(f"GET {A}/probes", {"data": [PROBE]}),
    Step(f"GET {A}/probes/reverse", {"data": list}),
    Step(
        f"POST {A}/probes",
        PROBE,
        {
            "workspace_id": 0,
            "agent_id": 0,
            "type": "PING",
            "enabled": True,
            "interval_sec": 60,
            "timeout_sec": 10,
            "count": 5,
            "duration_sec": 0,
            "server": False,
            "targets": ["198.18.0.9"],
            "agent_targets": [],
            "labels": {},
            "metadata": {},
            "bind_interface": None,
        },
        201,
    ),
    Step(f"GET {A}/probes/{{ping}}", PROBE),
    Step(f"PATCH {A}/probes/{{ping}}", PROBE, {"interval_sec": 30, "labels": {}}),
    Step(f"GET {W}/probes/matching?source={{a}}&dest={{b}}", {"data": list}),
    Step(
        f"POST {W}/probes/copy",
        {"created": int, "skipped": int, "errors": int, "results": list},
        {"source_agent_id": "{a}", "dest_agent_ids": ["{b}"], "probe_types": ["PING"]},
    ),
    # Results.
    Step(f"GET {D}/probes/{{ping}}/data?aggregate=30&type=PING", {"data": [PING]}),
    Step(f"GET {D}/probes/{{sim}}/data?aggregate=30&type=TRAFFICSIM", {"data": [TRAFFICSIM]}),
    Step(f"GET {D}/probes/{{mtr}}/data?aggregate=30&type=MTR", {"data": [BY_ROUTE]}),
    Step(f"GET {D}/probes/{{ping}}/data?limit=100&asc=false", {"data": [ROW]}),
    Step(f"GET {D}/find?type=PING&agentId={{a}}&limit=10", {"data": [ROW]}),
    Step(f"GET {D}/latest?type=PING&agentId={{a}}&probeId={{ping}}", ROW),
    Step(
        f"GET {D}/by-target/data?target=198.18.0.1&latestOnly=true",
        {"target": str, "probeIds": [int], "bundles": [{"probe_id": int}]},
    ),
    Step(
        f"GET {D}/probes/{{ping}}/similar?sameType=true&latest=true",
        {"probe": PROBE, "similar_by_target": list, "similar_by_agent_id": list, "latest": list},
    ),
    Step(
        f"GET {D}/mos-timeseries?probeId={{sim}}&limit=300&aggregate=60",
        {
            "probe_id": int,
            "workspace": int,
            "points": [
                {
                    "timestamp": int,
                    "mos": NUMBER,
                    "latency": NUMBER,
                    "jitter": NUMBER,
                    "loss": NUMBER,
                }
            ],
        },
    ),
    Step(f"GET {D}/agents/{{a}}/dns?limit=500&lookback=60", GROUPS),
    Step(f"GET {D}/agents/{{a}}/http?limit=500&lookback=10080", GROUPS),
    Step(f"GET {D}/agents/{{a}}/speedtests?limit=25", {"data": list}),
    Step(
        f"GET {W}/probes/{{ping}}/baseline?metric=latency&window=7",
        {"probe_id": int, "metric": str, "mean": NUMBER, "std_dev": NUMBER, "count": int},
    ),
    *ANALYSES,
    # Map and matrix, as far back as their choices go.
    *(
        Step(
            f"GET {W}/network-map?lookback={minutes}",
            {
                "nodes": [FIGURES | {"id": str, "type": str, "label": str, "layer": int}],
                "edges": [FIGURES | {"id": str, "source": str, "target": str}],
                "destinations": [
                    {"target": str, "avg_latency": NUMBER, "packet_loss": NUMBER, "status": str}
                ],
                "generated_at": TIME,
                "workspace_id": int,
            },
        )
        for minutes in (60, 360, 720, 1440)
    ),
    *(
        Step(
            f"GET {W}/connectivity-matrix?lookback={minutes}",
            {
                "source_agents": [{"id": int, "name": str, "is_online": bool}],
                "target_labels": [{"id": str, "name": str, "type": str}],
                "entries": [
                    {
                        "source_agent_id": int,
                        "target_id": str,
                        "probe_status": [
                            {
                                "type": str,
                                "status": str,
                                "avg_latency": NUMBER,
                                "packet_loss": NUMBER,
                                "jitter": NUMBER,
                                "last_updated": TIME,
                            }
                        ],
                    }
                ],
            },
        )
        for minutes in (15, 60, 360, 1440)
    ),
    # Rules and alerts.
    *(
        Step(f"POST {W}/alert-rules", RULE, ONE_CONDITION | {"name": one, "metric": one}, 201)
        for one in METRICS
    ),
    Step(f"GET {W}/alert-rules", {"data": [RULE]}),
    Step("GET /alerts?status=active&limit=100", {"data": [ALERT]}),
    Step("GET /alerts/count", {"count": int}),
    Step("PATCH /alerts/{alert}/acknowledge", DONE),
    Step("PATCH /alerts/{alert}/resolve", DONE),
    Step("PATCH /alerts/{alert}/acknowledge", {"error": str}, status=409),
    Step(f"PATCH {W}/alert-rules/{{rule}}", RULE, ONE_CONDITION | {"enabled": False}),
    Step(f"DELETE {W}/alert-rules/{{rule}}", DONE),
    *REPORTS,
    # Look-ups.
    Step("GET /geoip/status", {"city": bool, "country": bool, "asn": bool, "configured": bool}),
    Step("GET /whois/history?query=198.18.0.1&limit=10", {"data": list, "total": int}),
    Step("GET /lookup/oui/status", {"loaded": bool, "entry_count": int}),
    Step("GET /lookup/ip/198.18.0.1", {"ip": str}),
    # Share links.
    Step(f"GET {A}/share-links", {"items": [LINK], "total": int}),
    Step(
        f"POST {A}/share-links",
        {"share_link": LINK, "token": str},
        {"expires_in_seconds": 3600, "password": ""},
        201,
    ),
    Step("GET /share/{token}/info", {"has_password": bool, "expires_at": TIME, "expired": bool}),
    Step(
        "GET /share/{token}",
        {
            "agent": SHARED_AGENT,
            "probes": [PROBE],
            "reverse_probes": list,
            "allow_speedtest": bool,
            "expires_at": TIME,
        },
        who="nobody",
    ),
    Step("GET /share/{token}/agent/{a}", SHARED_AGENT, who="nobody"),
    Step("GET /share/{token}/agent/{b}", SHARED_AGENT, who="nobody"),
    Step("GET /share/{token}/probe-data/{ping}?limit=10", {"data": [ROW]}, who="nobody"),
    Step("GET /share/{token}/dns?lookback=60", GROUPS, who="nobody"),
    Step("GET /share/{token}/http?lookback=60", GROUPS, who="nobody"),
    # The admins of the site.
    Step("GET /admin/stats", status=403),
    Step(
        "GET /admin/stats",
        {
            "total_users": int,
            "total_workspaces": int,
            "total_agents": int,
            "active_agents": int,
            "total_probes": int,
            "generated_at": TIME,
        },
        who="admin",
    ),
    Step("GET /admin/workspace-stats", {"data": [STATS]}, who="admin"),
    Step("GET /admin/agents/stats", {"data": [STATS]}, who="admin"),
    Step("GET /admin/users?limit=50&offset=0&q=", PAGE | {"data": [USER]}, who="admin"),
    Step("GET /admin/users/{user}", USER, who="admin"),
    Step("PATCH /admin/users/{user}", USER, {"name": "Walked"}, who="admin"),
    Step("PUT /admin/users/{user}", USER, {"verified": True}, who="admin"),
    Step("PATCH /admin/users/{user}/role", USER, {"role": "USER"}, who="admin"),
    Step("POST /admin/users/{user}/reset-password", {"error": str}, status=403, who="admin"),
    Step("GET /admin/workspaces?limit=50&offset=0", PAGE | {"data": [WORKSPACE]}, who="admin"),
    Step(
        "GET /admin/workspaces/{w}",
        {"workspace": WORKSPACE, "members": list, "agents": list},
        who="admin",
    ),
    Step("PATCH /admin/workspaces/{w}", WORKSPACE, {"description": "seen"}, who="admin"),
    Step("GET /admin/workspaces/{w}/members", {"data": list}, who="admin"),
    Step(
        "POST /admin/workspaces/{w}/members",
        {"id": int, "role": str},
        {"user_id": "{guest}", "role": "VIEWER"},
        201,
        "admin",
    ),
    Step(
        "GET /admin/agents?limit=200&offset=0",
        PAGE
        | {
            "data": [
                {
                    "id": int,
                    "workspace_id": int,
                    "workspace_name": str,
                    "name": str,
                    "version": str,
                    "last_seen_at": TIME,
                    "initialized": bool,
                    "is_online": bool,
                }
            ]
        },
        who="admin",
    ),
    Step("GET /admin/global-agents", {"data": list}, who="admin"),
    Step("PUT /admin/agents/{a}/global", {"error": str}, {"is_global": True}, 409, "admin"),
    Step(
        "GET /admin/debug/connections",
        {
            "connected_count": int,
            "workspace_count": int,
            "connections": [
                {"agent_id": int, "agent_name": str, "client_ip": str, "connected_at": TIME}
            ],
            "by_workspace": [{"workspace_id": int, "agent_count": int, "connections": list}],
        },
        who="admin",
    ),
    Step("GET /admin/voice-thresholds", {"source": str, "effective": THRESHOLDS}, who="admin"),
    Step("GET /admin/voice-thresholds/defaults", THRESHOLDS, who="admin"),
    Step("PUT /admin/voice-thresholds", {"ok": bool}, {"codec": "Opus"}, who="admin"),
    Step("DELETE /admin/voice-thresholds", {"ok": bool}, who="admin"),
    # At the end: what takes away.
    Step(f"DELETE {A}/probes/{{ping}}", DONE),
    Step(f"DELETE {W}/agents/{{spare}}", DONE),
    Step(f"POST {W}/transfer-ownership", DONE, {"newOwnerUserId": "{guest}"}),
    Step("DELETE /admin/workspaces/{w}", DONE, who="admin"),
)
