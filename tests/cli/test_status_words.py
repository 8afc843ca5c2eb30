from forepost.cli.status import _clock
from forepost.wire.clock import ClockReading


def test_a_clock_is_told_in_words() -> None:
    assert _clock(ClockReading()) == "not compared with a controller's yet"
    assert (
        _clock(ClockReading(offset_ms=-12.34, bound_ms=1.5))
        == "12.3 ms ahead of the controller's, ± 1.5 ms"
    )
    assert (
        _clock(ClockReading(offset_ms=3, bound_ms=1, stepped_ms=-2_000.0, suspended_sec=60))
        == "3.0 ms behind the controller's, ± 1.0 ms; set by -2.0 s since the start;"
        " the machine slept for 60 s"
    )
