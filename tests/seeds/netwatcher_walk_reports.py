"""What NetWatcher's panel asks for of analyses and reports: a part of its walk."""

from typing import Final

from tests.seeds.netwatcher_kinds import DONE, HEALTH, NUMBER, REPORT, ROUTES, TIME, VOICE
from tests.seeds.netwatcher_step import Step, W

NEW_REPORT: Final = {
    "name": "Weekly",
    "description": ' {{"time_range_days":7,"include_alerts":true}}',
    "report_type": "workspace_summary",
    "email_enabled": False,
    "email_recipients": [],
}

ANALYSES: Final = (
    Step(
        f"GET {W}/analysis?lookback=60",
        {
            "overall_health": HEALTH,
            "status": {"status": str, "message": str, "active_issues": int},
            "incidents": list,
            "agents": [{"agent_id": int, "is_online": bool, "health": HEALTH, "probe_count": int}],
            "total_agents": int,
        },
    ),
    Step(f"GET {W}/analysis/mesh?lookback=60", {"nodes": list, "links": list}),
    Step(f"GET {W}/analysis/probes/{{mtr}}?lookback=60", {"path_analysis": {"hop_count": int}}),
    Step(f"GET {W}/analysis/agents/{{a}}?lookback=60", {"health": HEALTH, "probes": list}),
    Step(f"GET {W}/analysis/routes?lookback=24", ROUTES),
    Step(
        f"GET {W}/analysis/history?limit=288",
        {
            "workspace_id": int,
            "snapshots": [
                {
                    "generated_at": TIME,
                    "overall_health": NUMBER,
                    "grade": str,
                    "status": str,
                    "incident_count": int,
                    "online_agents": int,
                }
            ],
            "count": int,
        },
    ),
)
REPORTS: Final = (
    Step(f"POST {W}/reports", REPORT, NEW_REPORT, 201),
    Step(f"POST {W}/reports", REPORT, NEW_REPORT | {"schedule": "0 9 * * 1"}, 201),
    Step(f"POST {W}/reports", body=NEW_REPORT | {"schedule": "*/5 * * * *"}, status=400),
    Step(
        f"POST {W}/reports",
        {"error": str},
        NEW_REPORT | {"email_enabled": True, "email_recipients": ["else@example.net"]},
        400,
    ),
    Step(f"GET {W}/reports", {"reports": [REPORT], "count": int}),
    Step(f"GET {W}/reports/{{report}}", REPORT),
    Step(f"PUT {W}/reports/{{report}}", REPORT, NEW_REPORT | {"schedule": "0 7 1 * *"}),
    Step(f"PATCH {W}/reports/{{report}}", REPORT, {"name": "walked"}),
    Step(f"GET {W}/reports/voice/data?time_range_days=1", VOICE),
    Step("GET /agents/{a}/reports/agent_detail/data?time_range_days=1&sections=all", VOICE),
    Step("GET /probes/{sim}/reports/voice/data?time_range_days=1", VOICE),
    Step(f"DELETE {W}/reports/{{report}}", DONE),
)
