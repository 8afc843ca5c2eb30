"""SPEEDTEST: one test of the line's speed."""

from typing import Any

from forepost.controller.payloads.grade import FINE, UNSAID, Grade, failed
from forepost.controller.payloads.payload import Figures, Payload


class Speedtest(Payload):
    test_data: list[Any] | None = None
    error: str | None = None

    def grade(self, figures: Figures) -> Grade:
        if self.error:
            return failed(self.error)
        if self.test_data is None:
            return UNSAID
        return FINE if self.test_data else failed("nothing could be measured")
