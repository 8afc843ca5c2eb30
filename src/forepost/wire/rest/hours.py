"""Times by the clocks on the wall of a place."""

from typing import Annotated, Literal

from msgspec import Meta, field

from forepost.wire.base import Wire

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Weekdays = Annotated[list[Weekday], Meta(max_length=7)]
ZoneName = Annotated[str, Meta(min_length=1, max_length=64)]
"""As in the IANA database: Europe/Berlin."""
TimeOfDay = Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z", max_length=5)]
"""HH:MM, 00:00 to 23:59."""


class Hours(Wire, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """From one time of day up to another, not included, by the clocks of a place.

    Where `to` is not after `from` they end on the next day, which is a whole day where both are the
    same. A time that a clock shows twice in autumn is in them both times; one that is left out in
    spring is left out.
    """

    timezone: ZoneName = "UTC"
    weekdays: Weekdays = []
    """On which days they begin; none: on all."""
    from_: TimeOfDay = field(name="from")
    to: TimeOfDay
