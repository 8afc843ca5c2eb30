"""Which inspector a meter has: our own parsers, with nDPI where that is wanted and there."""

from collections.abc import Callable

from forepost.agent.meter.core import Inspector
from forepost.agent.meter.inspection import Inspection


def inspector_for(*, ndpi: bool, now_ms: Callable[[], int]) -> tuple[Inspector, str]:
    """Return it, and why it is not the one that is wanted."""
    if not ndpi:
        return Inspection(), ""
    from forepost.agent.meter.both import Both  # noqa: PLC0415 - memory
    from forepost.agent.meter.names.ndpi import Ndpi, Unavailable  # noqa: PLC0415

    try:
        return Both(Inspection(), Ndpi(now_ms)), ""
    except Unavailable as error:
        return Inspection(), str(error)
