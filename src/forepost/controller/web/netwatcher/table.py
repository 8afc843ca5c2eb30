"""Every difference between the document and NetWatcher's public code that a route of ours has."""

from collections.abc import Callable
from typing import Any, Final

from forepost.controller.web.netwatcher import objects, report_forms, series, traces
from forepost.controller.web.netwatcher.row import Query, VoiceRow

SENT: Final = "If there is an account of this address, a mail is on its way."
DONE: Final = "The password is another one now. Log in with it."
_MOST: Final = 50_000
"""Rows that are asked for where the public code has no limit."""


def plain(change: Callable[[Any], Any]) -> Callable[[Any, Query], Any]:
    """The change of an answer that no query decides."""
    return lambda said, _: change(said)


def rows(said: dict[str, Any], asked: Query) -> dict[str, Any]:
    """Of one probe: single results, or where `aggregate` asks for it, summed up."""
    if _is_by_route(asked):
        limit = int(asked.get("limit", "0")) or _MOST
        return {**said, "data": traces.by_route(said["data"], int(asked["aggregate"]), limit)}
    change = series.summed_up if _is_summed(asked) else series.as_stored
    return {**said, "data": [change(row) for row in said["data"]]}


def row(said: dict[str, Any], _: Query) -> dict[str, Any]:
    return series.as_stored(said)


def series_query(asked: Query) -> Query:
    """`aggregate` sums up PING and TRAFFICSIM, MTR is summed up of single runs, and for other types
    it is nothing; no limit is none.
    """
    if _is_by_route(asked):
        return {k: v for k, v in asked.items() if k != "aggregate"} | {
            "limit": str(traces.MOST_RUNS)
        }
    kept = asked if _is_summed(asked) else {k: v for k, v in asked.items() if k != "aggregate"}
    return kept if kept.get("limit", "0") != "0" else {**kept, "limit": str(_MOST)}


def _is_summed(asked: Query) -> bool:
    return asked.get("aggregate", "0") != "0" and asked.get("type") in ("PING", "TRAFFICSIM")


def _is_by_route(asked: Query) -> bool:
    """What is no number the route refuses."""
    limit, aggregate = asked.get("limit", "0"), asked.get("aggregate", "0")
    is_number = aggregate.isdecimal() and limit.isdecimal()
    return is_number and int(aggregate) > 0 and asked.get("type") == "MTR"


def lost_password(_said: Any, _asked: Query) -> dict[str, Any]:
    return {"success": True, "message": SENT}


def new_password(_said: Any, _asked: Query) -> dict[str, Any]:
    return {"success": True, "message": DONE}


def reset_body(said: dict[str, Any]) -> dict[str, Any]:
    """`new_password` is the password."""
    return {("password" if name == "new_password" else name): it for name, it in said.items()}


def workspace_body(said: dict[str, Any]) -> dict[str, Any]:
    """`displayName` is the description."""
    if "displayName" not in said:
        return said
    rest = {name: it for name, it in said.items() if name != "displayName"}
    return {"description": said["displayName"], **rest}


_OF: Final = "/workspaces/{id}"
_AGENT: Final = _OF + "/agents/{agent}"
_DATA: Final = _OF + "/probe-data"

TABLE: Final = (
    VoiceRow(
        on="GET /workspaces",
        why="a bare array, with what each workspace has",
        answer=plain(objects.workspaces),
    ),
    VoiceRow(
        on="POST /workspaces",
        why="`displayName` is the description",
        body=workspace_body,
    ),
    VoiceRow(
        on=f"GET {_OF}/agents",
        why="`is_global`, `bidirectional_default`: no agent is of all workspaces",
        answer=plain(objects.agents),
    ),
    VoiceRow(
        on=f"POST {_OF}/agents",
        why="the same",
        answer=plain(objects.with_agent),
    ),
    VoiceRow(on=f"GET|PATCH|PUT {_AGENT}", why="the same", answer=plain(objects.agent)),
    VoiceRow(
        on=f"POST {_AGENT}/regenerate",
        why="the same",
        answer=plain(objects.with_agent),
    ),
    VoiceRow(
        on=f"GET {_OF}/members",
        why="`created_At`, `revoked_at`",
        answer=plain(objects.members),
    ),
    VoiceRow(on=f"POST {_OF}/members", why="the same", answer=plain(objects.member)),
    VoiceRow(on=f"PATCH {_OF}/members/{{member}}", why="the same", answer=plain(objects.member)),
    VoiceRow(
        on=f"GET {_DATA}/probes/{{probe}}/data",
        why="`aggregate` answers PING in milliseconds, TRAFFICSIM with its counts, MTR by route",
        query=series_query,
        answer=rows,
    ),
    VoiceRow(
        on=f"GET {_DATA}/find",
        why="TRAFFICSIM has the names of the store beside the agent's",
        query=series_query,
        answer=rows,
    ),
    VoiceRow(on=f"GET {_DATA}/latest", why="the same", answer=row),
    VoiceRow(
        on=f"GET {_DATA}/by-target/data",
        why="a probe that said nothing has no `latest`",
        answer=plain(objects.by_target),
    ),
    VoiceRow(
        on=f"GET {_OF}/network-map",
        why="0 where a figure is not known",
        answer=plain(objects.network_map),
    ),
    VoiceRow(
        on=f"GET {_OF}/connectivity-matrix",
        why="the same; the year 1 for never",
        answer=plain(objects.matrix),
    ),
    VoiceRow(
        on=f"GET {_OF}/reports",
        why="`reports`, `count`; a schedule is a line of cron",
        answer=plain(report_forms.reports),
    ),
    VoiceRow(
        on=f"POST {_OF}/reports",
        why="a schedule is a line of cron",
        body=report_forms.report_body,
        answer=plain(report_forms.report),
    ),
    VoiceRow(
        on=f"GET {_OF}/reports/voice/run",
        why="is no report with the number `voice`",
        query=report_forms.as_pdf,
    ),
    VoiceRow(
        on=f"GET {_OF}/reports/{{report}}/run",
        why="is `GET …/download` as PDF",
        to=_OF + "/reports/{report}/download",
        query=report_forms.as_pdf,
    ),
    VoiceRow(
        on=f"PUT|PATCH {_OF}/reports/{{report}}",
        why="is `PATCH`; the same",
        method="PATCH",
        body=report_forms.report_body,
        answer=plain(report_forms.report),
    ),
    VoiceRow(
        on=f"GET {_OF}/reports/{{report}}",
        why="a schedule is a line of cron",
        answer=plain(report_forms.report),
    ),
    VoiceRow(
        on="POST /auth/login",
        why="says that no proven address is required",
        answer=plain(objects.session),
    ),
    VoiceRow(
        on="POST /auth/forgot-password",
        why="is `POST /auth/lost-password`",
        to="/auth/lost-password",
        answer=lost_password,
    ),
    VoiceRow(
        on="POST /auth/reset-password",
        why="`new_password` is the password",
        body=reset_body,
        answer=new_password,
    ),
    VoiceRow(
        on="GET /share/{token}",
        why="`allow_speedtest`",
        answer=plain(objects.shared),
    ),
    VoiceRow(
        on="GET /share/{token}/probe-data/{probe}",
        why="TRAFFICSIM has the names of the store beside the agent's; `aggregate` is left out",
        query=series_query,
        answer=rows,
    ),
)

_PATTERNS: Final = [(one.methods, one.pattern, one) for one in TABLE]


def row_of(method: str, path: str) -> VoiceRow | None:
    """What is other on this path; None: nothing is."""
    for methods, pattern, one in _PATTERNS:
        if method in methods and pattern.fullmatch(path):
            return one
    return None
