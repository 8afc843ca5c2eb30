"""Each function of the table of differences, by itself."""

from typing import Any

import pytest

from forepost.controller.web.netwatcher import objects, report_forms, series, table, traces
from forepost.controller.web.netwatcher.table import TABLE, row_of
from tests.controller.topology.mtr_reports import report


def test_every_row_is_found_by_its_path_and_by_no_other() -> None:
    for row in TABLE:
        path = row.on.split(" ")[1].replace("{", "").replace("}", "")
        for method in row.methods:
            assert row_of(method, path) is row
        assert row_of("TRACE", path) is None
        assert row.why
    assert row_of("GET", "/workspaces/1/agents/2/probes") is None


def test_workspaces_are_a_bare_array_with_counts() -> None:
    said = {"data": [{"id": 1, "agent_count": 2}], "total": 1}
    (found,) = objects.workspaces(said)
    assert (found["id"], found["agent_count"], found["alert_count"]) == (1, 2, 0)


def test_agents_are_of_one_workspace() -> None:
    plain = {"is_global": False, "bidirectional_default": False}
    assert objects.agent({"id": 1}) == {"id": 1, **plain}
    assert objects.agents({"data": [{"id": 1}], "total": 1})["data"] == [{"id": 1, **plain}]
    assert objects.with_agent({"agent": {"id": 1}, "pin": "7"})["agent"] == {"id": 1, **plain}
    assert objects.with_agent({"pin": "7"}) == {"pin": "7"}


def test_members_are_spelled_as_there() -> None:
    found = objects.members({"data": [{"id": 1, "created_at": "then"}]})["data"][0]
    assert (found["created_At"], found["revoked_at"]) == ("then", None)
    sent = objects.member({"created_at": "then", "invite_email_sent": True})
    assert sent["invite_email_sent"] is True


def test_a_log_in_and_a_link_say_what_is_asked_for() -> None:
    assert objects.session({"token": "t"})["email_verification_required"] is False
    assert objects.shared({})["allow_speedtest"] is False
    assert objects.shared({"allow_speedtest": True})["allow_speedtest"] is True


def test_what_is_not_known_on_a_map_is_0() -> None:
    nothing: dict[str, Any] = {"avg_latency": None, "packet_loss": 2.0}
    place = {**nothing, "expanded_endpoints": [nothing]}
    said = {"nodes": [nothing], "edges": [nothing], "destinations": [place]}
    found = objects.network_map(said)
    for one in (*found["nodes"], *found["edges"], *found["destinations"]):
        assert (one["avg_latency"], one["packet_loss"]) == (0.0, 2.0)
    assert found["destinations"][0]["expanded_endpoints"][0]["avg_latency"] == 0.0
    one = {**nothing, "jitter": None, "last_updated": None, "type": "PING"}
    entry = objects.matrix({"entries": [{"probe_status": [one]}]})["entries"][0]
    assert entry["probe_status"][0]["last_updated"] == "0001-01-01T00:00:00Z"
    assert entry["probe_status"][0]["jitter"] == 0.0


def test_a_probe_without_results_has_no_latest() -> None:
    said = {"bundles": [{"probe_id": 1, "latest": None, "rows": None}]}
    assert objects.by_target(said)["bundles"] == [{"probe_id": 1}]


def test_a_summed_ping_is_in_milliseconds() -> None:
    payload: dict[str, Any] = {"avg_rtt": 2_500_000, "min_rtt": 1_000_000, "max_rtt": 4_000_000}
    payload |= {"packet_loss": None, "packets_sent": 3, "packets_recv": 3}
    found = series.summed_up({"type": "PING", "payload": payload})["payload"]
    assert (found["latency"], found["avgLatency"]) == (2.5, 2.5)
    assert (found["minLatency"], found["maxLatency"], found["packetLoss"]) == (1.0, 4.0, 0.0)


def test_a_summed_trafficsim_counts_what_was_lost_and_lies_about_nothing() -> None:
    payload: dict[str, Any] = {"totalPackets": 4, "receivedPackets": 3, "averageRTT": 1.5}
    payload |= {"jitterAvg": None, "MOS": 4.1, "RFactor": 80.0, "outOfOrder": 1}
    row = {"type": "TRAFFICSIM", "created_at": "then", "payload": payload}
    found = series.summed_up(row)["payload"]
    assert (found["lostPackets"], found["lossPercentage"]) == (1, 25.0)
    assert (found["mos"], found["rFactor"], found["outOfSequence"]) == (4.1, 80.0, 1)
    assert (found["jitterAvg"], found["reportTime"]) == (0.0, "then")
    assert "duplicates" not in found
    nothing = series.summed_trafficsim({"totalPackets": 0, "receivedPackets": 0}, "then")
    assert nothing["lossPercentage"] == 0.0


def test_other_rows_are_as_they_were() -> None:
    row = {"type": "MTR", "payload": {"report": {}}}
    assert series.summed_up(row) == series.as_stored(row) == row
    sim = {"type": "TRAFFICSIM", "payload": {"MOS": 4.0, "mos": 3.0, "duplicates": 2}}
    stored = series.as_stored(sim)["payload"]
    assert stored == {"MOS": 4.0, "mos": 3.0, "duplicates": 2, "duplicatePackets": 2}


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        ({"aggregate": "30", "type": "PING"}, {"aggregate": "30", "type": "PING"}),
        ({"aggregate": "30", "type": "MTR"}, {"type": "MTR", "limit": "5000"}),
        ({"aggregate": "30", "type": "DNS"}, {"type": "DNS"}),
        ({"aggregate": "30"}, {}),
        ({"limit": "7"}, {"limit": "7"}),
    ],
)
def test_what_cannot_be_summed_up_is_asked_for_by_itself(
    asked: dict[str, str], query: dict[str, str]
) -> None:
    assert table.series_query(asked) == {"limit": "50000", **query}


def trace(minute: int, *hops: tuple[str, float, float], **more: Any) -> dict[str, Any]:
    at = f"2026-11-30T08:{minute:02}:00Z"
    row = {"type": "MTR", "agent_id": 1, "target": "t", "created_at": at, "triggered": False}
    return {**row, "payload": report(hops, "198.18.0.9"), **more}


def test_runs_are_summed_up_by_the_way_that_most_of_them_went() -> None:
    usual, end = ("192.0.2.1", 1.0, 0.0), ("198.18.0.9", 9.0, 0.0)
    rows = [trace(0, usual, end), trace(2, usual, ("198.18.0.9", 11.0, 0.0))]
    rows.append(trace(3, ("192.0.2.7", 1.0, 0.0), end))
    other, summed = traces.by_route(rows, 3_600, 9)
    assert (other["created_at"], summed["created_at"]) == (
        rows[2]["created_at"],
        "2026-11-30T08:00:00Z",
    )
    other, summed = other["payload"], summed["payload"]
    assert (summed["trace_count"], summed["is_aggregated"]) == (2, True)
    assert summed["route_signature"] == "192.0.2.1->198.18.0.9"
    last = summed["report"]["hops"][1]
    assert (last["sent"], last["avg"], last["loss_pct"]) == (10, "10.00", "0.00")
    assert other["previous_route_signature"] == summed["route_signature"]
    assert (other["notable_reason"], other["is_aggregated"]) == ("route-change", False)


def test_a_run_that_is_lossy_late_or_triggered_stands_by_itself() -> None:
    end = "198.18.0.9"
    rows = [
        trace(1, (end, 9.0, 20.0)),
        trace(2, (end, 200.0, 0.0)),
        trace(3, (end, 9.0, 0.0), triggered=True),
        trace(4, (end, 9.0, 0.0)),
        trace(5, payload={"error": "no route"}),
    ]
    found = traces.by_route(rows, 60, 9)
    reasons = [
        row["payload"]["notable_reason"] for row in found if row["payload"]["notable_reason"]
    ]
    assert reasons == ["triggered", "high-latency", "high-loss"]
    assert len(found) == 7
    assert len(traces.by_route(rows, 60, 2)) == 2


@pytest.mark.parametrize(
    ("cron", "schedule"),
    [
        ("", {"repeats": "never"}),
        ("0 9 * * *", {"repeats": "daily", "hour": 9}),
        ("0 9 * * 1", {"repeats": "weekly", "hour": 9, "weekday": "mon"}),
        ("0 9 1 * *", {"repeats": "monthly", "hour": 9, "day_of_month": 1}),
        ("*/5 * * * *", {"repeats": "*/5 * * * *"}),
        ("0 9 * * 1-5", {"repeats": "0 9 * * 1-5"}),
    ],
)
def test_a_line_of_cron_is_a_schedule(cron: str, schedule: dict[str, Any]) -> None:
    """What is none of ours goes on, and is refused."""
    assert report_forms.report_body({"schedule": cron}) == schedule
    usual = {"hour": 9, "weekday": "mon", "day_of_month": 1, "kind": "workspace", "days": 7}
    usual |= dict.fromkeys(("id", "workspace_id", "name", "description", "last_run_at"), 1)
    usual |= dict.fromkeys(("last_error", "created_at", "updated_at"), "")
    if "hour" in schedule:
        kept = {**usual, **schedule, "recipients": [], "agent_ids": []}
        assert report_forms.report(kept)["schedule"] == cron


def test_who_is_mailed_and_what_a_report_is_about() -> None:
    about = '{"time_range_days": 14, "agent_ids": [3]}'
    said = {"name": "r", "description": about, "report_type": "probe_detail"}
    more = {"email_enabled": True, "email_recipients": ["a@example.com"]}
    made = report_forms.report_body(said | more)
    assert (made["days"], made["kind"], made["agent_ids"]) == (14, "agent", [3])
    assert made["recipients"] == ["a@example.com"]
    off = report_forms.report_body({**more, "email_enabled": False, "description": "words"})
    assert off == {"description": "words", "recipients": []}


def test_bodies_and_answers_about_passwords() -> None:
    assert table.reset_body({"token": "t", "new_password": "p"}) == {"token": "t", "password": "p"}
    for said in (table.lost_password({}, {}), table.new_password({}, {})):
        assert said["success"] is True
        assert said["message"]
    assert table.workspace_body({"name": "w", "displayName": "W"}) == {
        "name": "w",
        "description": "W",
    }
    both = {"name": "w", "displayName": "W", "description": "own"}
    assert table.workspace_body(both)["description"] == "own"
