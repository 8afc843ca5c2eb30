"""How lines, sites and workspaces are, and in which words."""

from forepost.controller.payloads.grade import FINE, degraded, failed
from forepost.controller.topology.grades import NOTHING, GradedFigures
from forepost.controller.topology.recent import RecentGrades
from forepost.controller.topology.verdict import (
    HEALTHY,
    Verdict,
    joined,
    of_results,
    of_site,
    of_workspace,
    overdue_us,
    worst_of,
)
from tests.controller.topology.test_recent import ONCE, SLOW, SURE, after

GOOD = GradedFigures(10.0, 0.0, results=20)
DOWN = Verdict("critical", "no answer", 50)
SLOWER = Verdict("degraded", "RTT 180 ms", 20)
UNKNOWN = Verdict("unknown", "the agent is offline")


def test_what_is_out_is_so_at_once_whatever_the_minutes_before_were() -> None:
    assert of_results("PING", after(FINE, FINE, SURE), GOOD) == Verdict("critical", "no answer", 30)
    once = of_results("PING", after(FINE, FINE, ONCE), GOOD)
    assert (once.status, once.reason) == ("healthy", "")


def test_a_single_case_of_what_cannot_be_averaged_is_told_as_such() -> None:
    wrong = failed("status 503")
    once = of_results("HTTP", after(FINE, wrong), NOTHING)
    assert (once.status, once.reason) == ("degraded", "once: status 503")
    twice = of_results("HTTP", after(FINE, wrong, wrong), NOTHING)
    assert (twice.status, twice.reason, twice.since_us) == ("critical", "status 503", 20)


def test_what_is_over_is_fine_at_once() -> None:
    found = of_results("PING", after(SURE, SURE, FINE), NOTHING)
    assert (found.status, found.since_us) == ("healthy", 30)


def test_what_is_slow_twice_is_degraded_before_the_mean_is() -> None:
    assert of_results("PING", after(FINE, SLOW), GOOD).status == "healthy"
    found = of_results("PING", after(FINE, SLOW, SLOW), GOOD)
    assert (found.status, found.reason, found.since_us) == ("degraded", "RTT 180 ms", 20)


def test_loss_that_comes_and_goes_is_seen_in_the_mean() -> None:
    lossy = GradedFigures(10.0, 20.0, results=20)
    found = of_results("PING", after(FINE, degraded("2 of 10 lost"), FINE), lossy)
    assert (found.status, found.reason) == ("degraded", "20 % lost")


def test_a_result_is_missing_after_two_turns_of_its_own_or_of_the_agents_interval() -> None:
    assert overdue_us(10_000_000, 0) == 30_000_000
    assert overdue_us(10_000_000, 60_000_000) == 130_000_000


def test_of_several_all_must_be_out_for_all_to_be() -> None:
    assert joined([HEALTHY, HEALTHY], "paths") == HEALTHY
    assert joined([DOWN, UNKNOWN], "paths") == DOWN
    assert joined([DOWN, DOWN], "paths").reason == "2 of 2 paths: no answer"
    assert joined([DOWN, DOWN], "paths").status == "critical"
    some = joined([HEALTHY, SLOWER, DOWN], "probes")
    assert (some.status, some.reason) == ("degraded", "2 of 3 probes: no answer")
    assert joined([UNKNOWN, UNKNOWN], "probes").status == "unknown"


def test_of_a_probe_the_worst_target_is_named() -> None:
    assert worst_of([("a", HEALTHY), ("b", DOWN)]).reason == "b: no answer"
    assert worst_of([("b", DOWN)]) == DOWN
    assert worst_of([("a", UNKNOWN), ("b", HEALTHY)]) == HEALTHY


def test_a_site_that_nobody_reaches_is_so_before_it_is_called_offline() -> None:
    silent = Verdict("unknown", "no result for 31 s")
    found = of_site("online", 0, [silent], [DOWN, DOWN])
    assert (found.status, found.since_us) == ("critical", 50)
    assert found.reason == "unreachable: 2 of 2 paths towards it fail"
    assert of_site("online", 0, [HEALTHY], [DOWN, DOWN]).status == "degraded"
    assert of_site("offline", 7, [UNKNOWN], []) == Verdict("critical", "not heard of", 7)
    assert of_site("offline", 7, [UNKNOWN], [DOWN, HEALTHY]).reason == "not heard of"
    assert of_site("unknown", 0, [], []).status == "unknown"
    assert of_site("online", 7, [], []).status == "unknown"
    assert of_site("online", 7, [DOWN, HEALTHY], []).reason == "1 of 2 probes: no answer"


def test_a_workspace_is_told_in_one_sentence() -> None:
    fine = [("porto", HEALTHY), ("faro", UNKNOWN)]
    assert of_workspace(fine) == HEALTHY
    assert of_workspace([("faro", UNKNOWN)]).status == "unknown"
    assert of_workspace([]).status == "unknown"
    found = of_workspace([*fine, ("braga", SLOWER), ("lisbon", DOWN)])
    assert found.status == "critical"
    assert found.reason == "lisbon: no answer; braga: RTT 180 ms. Everything else is fine."
    many = of_workspace([(f"s{number}", DOWN) for number in range(5)])
    assert many.reason == "s0: no answer; s1: no answer; s2: no answer; and 2 more."


def test_a_line_of_which_nothing_is_said_is_unknown() -> None:
    assert of_results("DNS", RecentGrades(), NOTHING).status == "unknown"
