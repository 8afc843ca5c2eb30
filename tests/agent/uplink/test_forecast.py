import pytest

from forepost.agent.uplink.forecast import LEAST_SEC, Forecast, Prospect


def looked(*waiting: int, backlog: int | None = None, every_sec: float = 1.0) -> Prospect:
    forecast = Forecast()
    for place, bytes_ in enumerate(waiting):
        forecast.look(place * every_sec, bytes_ if backlog is None else backlog, bytes_)
    return forecast.prospect()


def test_no_figure_before_there_is_a_rate() -> None:
    assert looked() == Prospect()
    assert looked(*range(1_000, 1_000 - int(LEAST_SEC), -1)) == Prospect()


@pytest.mark.parametrize("left", [600, 60_000, 6_000_000])
def test_what_is_left_at_the_rate_of_the_last_minute(left: int) -> None:
    rate = left // 600
    going_down = [left + rate * (60 - sec) for sec in range(61)]
    left_sec = looked(*going_down).left_sec
    assert left_sec == pytest.approx(600)


def test_a_line_that_became_faster_is_believed_after_a_minute() -> None:
    slow = [1_000_000 - 100 * sec for sec in range(100)]
    fast = [slow[-1] - 10_000 * sec for sec in range(1, 70)]
    left_sec = looked(*slow, *fast).left_sec
    assert left_sec == pytest.approx(fast[-1] / 10_000, rel=0.05)


def test_what_grows_is_said_to_grow_although_the_backlog_goes_down() -> None:
    forecast = Forecast()
    for sec in range(61):
        forecast.look(float(sec), 100_000 - sec, 100_000 + 50 * sec)
    assert forecast.prospect() == Prospect(grows=True)


def test_a_few_results_that_come_and_go_are_no_backlog_and_do_not_grow() -> None:
    assert looked(*[300, 0, 600, 100] * 20, backlog=0) == Prospect()
    assert looked(*[300, 0, 600, 100] * 20, 1_000, backlog=0) == Prospect()


def test_what_does_not_move_has_no_end() -> None:
    assert looked(*[5_000] * 61) == Prospect()


def test_a_new_conversation_begins_anew() -> None:
    forecast = Forecast()
    for sec in range(61):
        forecast.look(float(sec), 1_000 - sec, 1_000 - sec)
    assert forecast.prospect().left_sec is not None
    forecast.begin()
    assert forecast.prospect() == Prospect()
