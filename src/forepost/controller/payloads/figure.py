"""The figure of a type of probe in words. Pure."""

from forepost.controller.payloads import TYPES
from forepost.wire.rest.sites import ShownFigure


def unit_of(kind: str) -> str:
    payload = TYPES.get(kind)
    return "ms" if payload is None else payload.UNIT


def shown_figure(
    kind: str, value: float | None, loss_pct: float | None, *, of_network: bool
) -> ShownFigure | None:
    """Return a value with its unit and what was lost; None where neither is known."""
    unit = unit_of(kind)
    words = "" if value is None else f"{_short(value)} {unit}".rstrip()
    if of_network and loss_pct:
        lost = "no answer" if loss_pct >= 100 else f"{_short(loss_pct)} % lost"
        words = f"{words}, {lost}" if words else lost
    if not words:
        return None
    return ShownFigure(words=words, value=None if value is None else round(value, 3), unit=unit)


def _short(value: float) -> str:
    """Three digits that count; whole numbers whole."""
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"
