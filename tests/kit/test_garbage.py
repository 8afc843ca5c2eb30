import gc

from forepost.kit.garbage import THRESHOLDS, collect_rarely


def test_the_thresholds_are_those_of_the_process() -> None:
    before = gc.get_threshold()
    try:
        collect_rarely()
        assert gc.get_threshold() == THRESHOLDS
    finally:
        gc.set_threshold(*before)
