"""How a controller's clock stands to this host's, out of several questions and answers. Pure.

Times of this host are ns of CLOCK_BOOTTIME, which nobody sets and which counts while the machine
sleeps; so neither a step of the wall clock nor a suspension makes a sample worthless. As in NTP
(RFC 5905, sections 8 and 10) the sample with the shortest way there and back is the best one, and
gets worse with age.
"""

from collections import deque
from typing import Final

import msgspec

DRIFT_PPM: Final = 15
"""What two clocks may run apart: PHI of RFC 5905, section 7.1."""
KEPT: Final = 8
"""Samples that are compared, as many as in NTP's clock filter."""
SLEEP_DOUBT_NS: Final = 1_000_000_000
"""What a suspension may add to the error: some machines keep time in seconds meanwhile."""


class Estimate(msgspec.Struct, frozen=True):
    """The controller's Unix time less our time, ns, and how wrong that may be."""

    offset_ns: int
    bound_ns: int


class Sample(msgspec.Struct, frozen=True):
    """One exchange, as it was at `at_ns`."""

    at_ns: int
    offset_ns: int
    bound_ns: int
    doubt_ns: int = 0
    """What is added to the bound for the machine having slept since."""

    def now(self, now_ns: int) -> Estimate:
        aged_ns = -(-max(0, now_ns - self.at_ns) * DRIFT_PPM // 1_000_000)
        return Estimate(self.offset_ns, self.bound_ns + self.doubt_ns + aged_ns)


def exchange(asked_ns: int, received_ns: int, sent_ns: int, answered_ns: int) -> Sample:
    """NTP's four times: the outer ones are ours, the inner ones the controller's Unix time.

    Whatever the two ways took, each took some of the time between question and answer that the
    controller did not spend itself; so half of that is the largest error.
    """
    around_ns = max(0, answered_ns - asked_ns)
    spent_ns = sent_ns - received_ns
    if not 0 <= spent_ns <= around_ns:
        # The controller's clock was set meanwhile: only the later of its times is of use.
        received_ns, spent_ns = sent_ns, 0
    offset_ns = (received_ns - asked_ns + sent_ns - answered_ns) // 2
    return Sample(answered_ns, offset_ns, (around_ns - spent_ns + 1) // 2 + 1)


class ClockOffset:
    """Keeps the last samples of the controller's clock, and estimates its offset from the best."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=KEPT)

    def take(self, sample: Sample) -> None:
        """Keep a sample. Those that it contradicts (one of the clocks was set) are forgotten."""
        new = sample.now(sample.at_ns)
        agreeing = [
            old
            for old in self._samples
            if abs((then := old.now(sample.at_ns)).offset_ns - new.offset_ns)
            <= then.bound_ns + new.bound_ns
        ]
        self._samples.clear()
        self._samples.extend(agreeing)
        self._samples.append(sample)

    def slept(self) -> None:
        """The machine was suspended since the newest sample."""
        worse = [
            msgspec.structs.replace(sample, doubt_ns=sample.doubt_ns + SLEEP_DOUBT_NS)
            for sample in self._samples
        ]
        self._samples.clear()
        self._samples.extend(worse)

    def at(self, now_ns: int) -> Estimate | None:
        """The best that is known; None before the first sample."""
        found = (sample.now(now_ns) for sample in self._samples)
        return min(found, key=lambda one: one.bound_ns, default=None)
