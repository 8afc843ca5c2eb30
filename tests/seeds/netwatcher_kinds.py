"""Kinds of what NetWatcher's own panel reads of answers, in our own words."""

from typing import Final

NUMBER: Final = (int, float)
TIME: Final = str
AGENT: Final = {
    "id": int,
    "workspace_id": int,
    "name": str,
    "description": str,
    "location": str,
    "public_ip_override": str,
    "version": str,
    "initialized": bool,
    "labels": dict,
    "metadata": dict,
    "trafficsim_enabled": bool,
    "trafficsim_host": str,
    "trafficsim_port": int,
    "is_global": bool,
    "bidirectional_default": bool,
    "created_at": TIME,
    "updated_at": TIME,
    "last_seen_at": TIME,
}
USER: Final = {
    "id": int,
    "email": str,
    "name": str,
    "role": str,
    "verified": bool,
    "created_at": TIME,
    "updated_at": TIME,
}
WORKSPACE: Final = {
    "id": int,
    "name": str,
    "description": str,
    "owner_id": int,
    "settings": dict,
    "created_at": TIME,
    "updated_at": TIME,
}
LISTED: Final = WORKSPACE | {
    "agent_count": int,
    "online_agents": int,
    "member_count": int,
    "alert_count": int,
}
MEMBER: Final = {
    "id": int,
    "workspace_id": int,
    "user_id": int,
    "email": str,
    "role": str,
    "created_At": TIME,
    "updated_at": TIME,
    "invite_email_sent": bool,
}
PROBE: Final = {
    "id": int,
    "workspace_id": int,
    "agent_id": int,
    "type": str,
    "enabled": bool,
    "interval_sec": int,
    "timeout_sec": int,
    "count": int,
    "duration_sec": int,
    "server": bool,
    "labels": dict,
    "metadata": dict,
    "targets": [{"id": int, "probe_id": int, "target": str}],
    "created_at": TIME,
    "updated_at": TIME,
}
ROW: Final = {
    "probe_id": int,
    "probe_agent_id": int,
    "agent_id": int,
    "type": str,
    "triggered": bool,
    "triggered_reason": str,
    "created_at": TIME,
    "received_at": TIME,
    "target": str,
    "target_agent": int,
    "payload": dict,
}
PING: Final = ROW | {
    "payload": {
        "latency": NUMBER,
        "avgLatency": NUMBER,
        "minLatency": NUMBER,
        "maxLatency": NUMBER,
        "packetLoss": NUMBER,
        "packetsSent": int,
        "packetsRecv": int,
    }
}
TRAFFICSIM: Final = ROW | {
    "payload": {
        "totalPackets": int,
        "lostPackets": int,
        "receivedPackets": int,
        "outOfSequence": NUMBER,
        "duplicates": NUMBER,
        "averageRTT": NUMBER,
        "minRTT": NUMBER,
        "maxRTT": NUMBER,
        "medianRTT": NUMBER,
        "p95RTT": NUMBER,
        "p99RTT": NUMBER,
        "stdDevRTT": NUMBER,
        "jitterAvg": NUMBER,
        "jitterMedian": NUMBER,
        "jitterP95": NUMBER,
        "lossPercentage": NUMBER,
        "mos": NUMBER,
        "rFactor": NUMBER,
        "reportTime": str,
    }
}
RULE: Final = {
    "id": int,
    "workspace_id": int,
    "name": str,
    "metric": str,
    "operator": str,
    "threshold": NUMBER,
    "severity": str,
    "enabled": bool,
    "notify_panel": bool,
    "notify_email": bool,
    "notify_webhook": bool,
    "webhook_url": str,
}
ALERT: Final = {
    "id": int,
    "alert_rule_id": int,
    "workspace_id": int,
    "metric": str,
    "value": NUMBER,
    "threshold": NUMBER,
    "severity": str,
    "status": str,
    "message": str,
    "triggered_at": TIME,
}
FIGURES: Final = {"avg_latency": NUMBER, "packet_loss": NUMBER, "path_count": int}
GROUPS: Final = {
    "agent_id": int,
    "total": int,
    "lookback": int,
    "groups": [
        {
            "target": str,
            "count": int,
            "entries": [{"created_at": TIME, "probe_id": int, "payload": dict, "target": str}],
        }
    ],
}
SHARED_AGENT: Final = {
    "id": int,
    "name": str,
    "location": str,
    "initialized": bool,
    "updated_at": TIME,
    "last_seen_at": TIME,
}
LINK: Final = {
    "id": int,
    "agent_id": int,
    "expires_at": TIME,
    "has_password": bool,
    "access_count": int,
    "allow_speedtest": bool,
}
THRESHOLDS: Final = {"warning_jitter_ms": NUMBER, "critical_loss_pct": NUMBER, "codec": str}
STATS: Final = {
    "workspace_id": int,
    "workspace_name": str,
    "member_count": int,
    "agent_count": int,
    "active_agents": int,
    "probe_count": int,
}
TOLD: Final = {"success": bool, "message": str}
DONE: Final = {"ok": bool}
PAGE: Final = {"total": int, "limit": int, "offset": int}
HEALTH: Final = {
    "latency_score": NUMBER,
    "packet_loss_score": NUMBER,
    "route_stability": NUMBER,
    "mos_score": NUMBER,
    "overall_health": NUMBER,
    "grade": str,
}
ROUTES: Final = {
    "workspace_id": int,
    "agents": [
        {
            "agent_id": int,
            "agent_name": str,
            "public_ip": str,
            "isp": str,
            "has_ip_change": bool,
            "has_isp_change": bool,
            "routes": list,
        }
    ],
    "shared_hops": list,
    "shared_destinations": list,
    "shared_asns": list,
    "common_targets": list,
    "incidents": list,
    "total_agents": int,
    "total_routes": int,
    "generated_at": TIME,
}
REPORT: Final = {
    "id": int,
    "workspace_id": int,
    "name": str,
    "description": str,
    "report_type": str,
    "schedule": str,
    "email_enabled": bool,
    "email_recipients": list,
    "last_error": str,
    "config": {"time_range_days": int, "include_alerts": bool},
    "created_at": TIME,
    "updated_at": TIME,
}
_PATH: Final = {
    "direction": str,
    "source_agent_name": str,
    "target_agent_name": str,
    "mos_score": NUMBER,
    "avg_latency_ms": NUMBER,
    "p95_latency_ms": NUMBER,
    "median_latency_ms": NUMBER,
    "jitter_avg_ms": NUMBER,
    "packet_loss_pct": NUMBER,
    "out_of_sequence_pct": NUMBER,
    "sample_count": int,
    "congestion_level": str,
}
_SPREAD: Final = {"min": NUMBER, "avg": NUMBER, "max": NUMBER, "stddev": NUMBER, "unit": str}
VOICE: Final = {
    "meta": {"report_id": str, "generated_at": TIME, "view_mode": str, "window": str},
    "summary": {
        "mos": NUMBER,
        "r_factor": NUMBER,
        "grade": str,
        "verdict_title": str,
        "verdict_text": str,
    },
    "thresholds": THRESHOLDS,
    "metrics": {
        "latency": _SPREAD,
        "jitter": _SPREAD,
        "packets": {"sent": int, "received": int, "lost": int, "loss_pct": NUMBER},
    },
    "pairs": [
        {
            "id": str,
            "agent": {"id": int, "name": str},
            "target": {"name": str, "host": str, "agent_id": int, "agent_name": str},
            "forward": _PATH,
            "issues": [{"id": str, "severity": str, "title": str, "category": str}],
            "overall_mos": NUMBER,
            "overall_grade": str,
            "trends": {
                "bucket_minutes": int,
                "forward": [{"timestamp": TIME, "forward": NUMBER, "return": NUMBER}],
                "return": list,
            },
        }
    ],
    "timeseries": {"rtt": [NUMBER], "jitter": [NUMBER], "loss_per_interval": [NUMBER]},
    "heatmap": [{"agent_id": int, "agent_name": str}],
    "top_issues": list,
}
BY_ROUTE: Final = ROW | {
    "payload": {
        "report": {"hops": [{"hosts": list, "loss_pct": str, "sent": int, "avg": str}]},
        "route_signature": str,
        "trace_count": int,
        "is_aggregated": bool,
        "stop_timestamp": str,
    }
}
