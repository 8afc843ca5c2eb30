"""Figures as scores, ways over time, and what an analysis says in words."""

import pytest

from forepost.controller.analysis.path import analysed
from forepost.controller.analysis.vector import NO_METRICS, UNKNOWN, grade_of, mean_of, vector_of
from forepost.controller.payloads.mtr import Hop, Mtr, MtrHost, MtrReport
from forepost.wire.rest.analysis import AnalysisMetrics
from tests.agent_socket import agent_socket
from tests.running import ControllerProcess, Person


def metrics(latency: float, loss: float) -> AnalysisMetrics:
    return AnalysisMetrics(
        avg_latency=latency,
        median_latency=latency,
        p95_latency=latency,
        packet_loss=loss,
        jitter_avg=1.0,
        jitter=1.0,
        sample_count=5,
    )


def run(*hops: tuple[str, float, float]) -> Mtr:
    """(address, loss, latency); "": silent."""
    return Mtr(
        report=MtrReport(
            hops=[
                Hop(
                    hosts=[MtrHost(ip=ip)] if ip else [],
                    loss_pct=loss,
                    sent=5,
                    recv=round(5 - loss / 20),
                    avg=avg,
                )
                for ip, loss, avg in hops
            ]
        )
    )


def test_what_is_not_known_is_no_score() -> None:
    assert vector_of(NO_METRICS) == UNKNOWN
    assert mean_of([]) == mean_of([UNKNOWN]) == UNKNOWN
    good = vector_of(metrics(10, 0))
    assert mean_of([good, UNKNOWN]) == good


def test_better_figures_have_better_scores() -> None:
    worse = [vector_of(metrics(*one)) for one in ((5, 0), (90, 0), (90, 2), (400, 10), (0, 100))]
    overall = [one.overall_health for one in worse]
    assert overall == sorted(overall, reverse=True)
    assert (worse[0].grade, worse[-1].grade) == ("excellent", "critical")
    assert worse[-1].mos_score == 1.0


@pytest.mark.parametrize(
    ("overall", "grade"),
    [
        (100, "excellent"),
        (90, "excellent"),
        (89.9, "good"),
        (55, "fair"),
        (35, "poor"),
        (0, "critical"),
    ],
)
def test_grades(overall: float, grade: str) -> None:
    assert grade_of(overall) == grade


def test_a_way_over_time() -> None:
    usual = run(("192.0.2.1", 40, 1), ("", 100, 0), ("", 100, 0), ("198.18.0.1", 0, 20))
    other = run(("192.0.2.9", 0, 1), ("198.18.0.1", 20, 30))
    found = analysed([usual, other, usual, usual])
    assert found is not None
    assert (found.hop_count, found.unique_routes, found.trace_count) == (4, 2, 4)
    assert found.route_stability_pct == 75.0
    assert (found.avg_end_hop_latency, found.avg_end_hop_loss) == (22.5, 5.0)
    assert (found.rate_limited_hops, found.timeout_segments) == ([1], ["2-3"])
    assert analysed([run()]) is None


def test_a_workspace_in_the_words_of_its_verdicts(
    controller: ControllerProcess, person: Person
) -> None:
    agent = person.agent(person.workspace("w"), "edge")
    probe = person.probe(agent, type="PING", targets=["198.18.0.1"])
    with agent_socket(controller, agent) as socket:
        for _ in range(3):
            lost = {"packets_sent": 4, "packets_recv": 0, "packet_loss": 100}
            socket.post("PING", lost, probe_id=probe, target="198.18.0.1")
    base = f"/workspaces/{agent.workspace}/analysis"
    found = person.call("GET", base)
    assert found["status"]["status"] == "outage"
    assert "edge" in found["status"]["message"]
    (one,) = found["agents"]
    assert (one["health"]["grade"], one["worst_probes"][0]["target"]) == ("critical", "198.18.0.1")
    (finding,) = person.call("GET", f"{base}/probes/{probe}")["findings"]
    assert (finding["severity"], finding["title"]) == ("critical", "PING is critical")
    assert person.call("GET", f"{base}/probes/999999", status=404) == {"error": "probe not found"}
    assert person.call("GET", f"{base}/agents/999999", status=404) == {"error": "agent not found"}
