"""SPEEDTEST: one test of the line's speed."""

from typing import Any, ClassVar, Final

from forepost.controller.payloads.grade import FINE, UNSAID, Grade, failed
from forepost.controller.payloads.payload import Figures, Payload

BYTES_PER_MEGABIT: Final = 125_000


class Speedtest(Payload):
    UNIT: ClassVar = "Mbit/s"
    test_data: list[Any] | None = None
    error: str | None = None

    def main_figure(self, figures: Figures) -> float | None:
        """Return how fast it downloads."""
        first = self.test_data[0] if self.test_data else None
        speed = first.get("dl_speed") if isinstance(first, dict) else None
        return speed / BYTES_PER_MEGABIT if isinstance(speed, int | float) and speed > 0 else None

    def grade(self, figures: Figures) -> Grade:
        if self.error:
            return failed(self.error)
        if self.test_data is None:
            return UNSAID
        return FINE if self.test_data else failed("nothing could be measured")
