"""What goes wrong in the demo and when. Pure: a moment before the start is always the same."""

from typing import Final

import msgspec

from forepost.cli.demo.sites import DemoSite

MINUTE_SEC: Final = 60.0
HOUR_SEC: Final = 3_600.0
LISBON, PORTO, VIENNA, OSLO, LEEDS, TURIN, GDANSK = 2, 3, 4, 5, 6, 7, 8
CUT_SEC: Final = 38 * MINUTE_SEC
"""So long before the start Lisbon was cut off, and stays so."""
CERTIFICATE_DAYS: Final = 6
"""Of the portal's certificate as Vienna sees it: an old proxy stands between."""


class Trouble(msgspec.Struct, frozen=True, kw_only=True):
    """What a line does to packets at one moment."""

    added_ms: float = 0.0
    jitter_ms: float = 0.0
    loss: float = 0.0
    """Of 1; 1 is an outage."""


def of_line(site: DemoSite, before_sec: float) -> Trouble:
    """`before_sec`: how long before the start; negative afterwards."""
    hour = before_sec / HOUR_SEC
    where = site.number
    if where == LISBON and before_sec < CUT_SEC:
        return Trouble(loss=1.0)
    if where == PORTO and 3.0 < hour < 5.5:
        return Trouble(added_ms=70, jitter_ms=30, loss=0.06)
    if where == OSLO and hour < 5:
        return Trouble(added_ms=18)
    if where == TURIN and before_sec < 25 * MINUTE_SEC:
        return Trouble(added_ms=6, jitter_ms=9, loss=0.18)
    if where == GDANSK and 14 < hour < 14.4:
        return Trouble(loss=1.0)
    return Trouble()


def is_silent(site: DemoSite, before_sec: float) -> bool:
    """Its agent says nothing of that moment, now or later."""
    return site.number == LISBON and before_sec < CUT_SEC


def resolver_fails(site: DemoSite, before_sec: float) -> bool:
    return site.number == LEEDS and 8.3 < before_sec / HOUR_SEC < 9


def portal_fails(before_sec: float) -> bool:
    """The portal answers 503 to everybody for ten minutes."""
    return 11 < before_sec / HOUR_SEC < 11.17


def has_another_way(site: DemoSite, before_sec: float) -> bool:
    return site.number == OSLO and before_sec < 5 * HOUR_SEC


def uploads(site: DemoSite, before_sec: float) -> bool:
    return site.number == PORTO and 3.0 < before_sec / HOUR_SEC < 5.5
