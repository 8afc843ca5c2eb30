"""Reports as NetWatcher's public code keeps them: a schedule is a line of cron. Pure."""

from typing import Any, Final

import msgspec

from forepost.controller.web.netwatcher.row import Query

_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_KINDS: Final = {"workspace_summary": "workspace", "sla": "workspace", "probe_detail": "workspace"}
_TYPES: Final = {"workspace": "workspace_summary", "agent": "probe_detail", "voice": "voice"}
_ANY: Final = "*"


def report_body(said: dict[str, Any]) -> dict[str, Any]:
    """What is not named stays unnamed. A schedule that is none of ours goes on as it is, and is
    refused with the reason.
    """
    found: dict[str, Any] = {name: said[name] for name in ("name", "description") if name in said}
    wanted = _wanted(said.get("description"))
    if "time_range_days" in wanted:
        found["days"] = wanted["time_range_days"]
    if agent_ids := wanted.get("agent_ids"):
        found |= {"kind": "agent", "agent_ids": agent_ids}
    elif kind := said.get("report_type"):
        found["kind"] = _KINDS.get(kind, kind)
    if "schedule" in said:
        found |= _schedule(said["schedule"])
    if said.get("email_enabled") is False:
        found["recipients"] = []
    elif "email_recipients" in said:
        found["recipients"] = said["email_recipients"] or []
    return found


def report(said: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": said["id"],
        "workspace_id": said["workspace_id"],
        "name": said["name"],
        "description": said["description"],
        "report_type": _TYPES[said["kind"]],
        "schedule": _cron(said),
        "email_enabled": bool(said["recipients"]),
        "email_recipients": said["recipients"],
        "last_run_at": said["last_run_at"],
        "last_error": said["last_error"],
        "config": {
            "time_range_days": said["days"],
            "agent_ids": said["agent_ids"],
            "probe_ids": [],
            "include_sla": True,
            "include_alerts": True,
        },
        "created_at": said["created_at"],
        "updated_at": said["updated_at"],
    }


def reports(said: dict[str, Any]) -> dict[str, Any]:
    found = [report(one) for one in said["data"]]
    return {"reports": found, "count": len(found)}


def as_pdf(asked: Query) -> Query:
    return {**asked, "format": "pdf"}


def _wanted(description: Any) -> dict[str, Any]:
    """Its panel keeps in the description, as JSON, what a report is about."""
    try:
        found = msgspec.json.decode(description)
    except (msgspec.DecodeError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def _schedule(cron: Any) -> dict[str, Any]:
    if not cron:
        return {"repeats": "never"}
    fields = str(cron).split()
    if len(fields) != 5 or fields[0] not in ("0", "00") or not fields[1].isdecimal():
        return {"repeats": cron}
    day, month, weekday = fields[2:]
    at: dict[str, Any] = {"hour": int(fields[1])}
    if (day, month, weekday) == (_ANY, _ANY, _ANY):
        return {"repeats": "daily", **at}
    if (day, month) == (_ANY, _ANY) and weekday in "01234567" and len(weekday) == 1:
        return {"repeats": "weekly", "weekday": _WEEKDAYS[int(weekday) % 7], **at}
    if (month, weekday) == (_ANY, _ANY) and day.isdecimal():
        return {"repeats": "monthly", "day_of_month": int(day), **at}
    return {"repeats": cron}


def _cron(said: dict[str, Any]) -> str:
    hour = said["hour"]
    match said["repeats"]:
        case "daily":
            return f"0 {hour} * * *"
        case "weekly":
            return f"0 {hour} * * {_WEEKDAYS.index(said['weekday'])}"
        case "monthly":
            day = said["day_of_month"]
            return f"0 {hour} {'L' if day == -1 else day} * *"
        case _:
            return ""
