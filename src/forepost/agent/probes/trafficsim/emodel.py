"""How a telephone call would be judged: the E-model of ITU-T G.107 (06/2015). Pure.

R = Ro - Is - Id - Ie,eff + A (7-1), with every parameter that a network does not decide at the
default of Table 2. Delays in ms, loss in %. NetWatcher begins at 94.2 and squares the delay above a
threshold that G.107 does not have.
"""

import math
from typing import Final

import msgspec

SLR, RLR, OLR = 8.0, 2.0, 10.0
"""Loudness ratings, dB: sending, receiving, overall."""
STMR, LSTR, DS = 15.0, 18.0, 3.0
"""Sidetone masking, listener sidetone rating, D-value of the telephone that sends, dB."""
TELR, WEPL = 65.0, 110.0
"""Talker echo loudness rating, weighted echo path loss, dB."""
NC, NFOR, PS, PR = -70.0, -64.0, 35.0, 35.0
"""Circuit noise, noise floor (dBm0p, dBmp); room noise at both ends, dB(A)."""
QDU, A = 1.0, 0.0
"""Quantization distortion units, advantage factor."""
ST, MT_MS = 1.0, 100.0
"""Delay sensitivity, and the delay below which it is not noticed (Table 1, default class)."""

G711_IE, G711_BPL = 0.0, 25.1
"""Equipment impairment and robustness of G.711 with loss concealment (G.113, Appendix I)."""

_BANDS: Final = (
    (4.34, "excellent"),
    (4.03, "good"),
    (3.60, "fair"),
    (3.10, "poor"),
)
"""MOS of G.107, Table B.1: very satisfied, satisfied, some are not, many; below: nearly all."""


class Rating(msgspec.Struct, frozen=True):
    r: float
    """0 to 100."""
    mos: float
    """1 to 4.5: MOS-CQE."""
    delay_impairment: float
    """Id."""
    loss_impairment: float
    """Ie,eff."""

    @property
    def quality(self) -> str:
        return next((word for least, word in _BANDS if self.mos >= least), "bad")


def rate(
    delay_ms: float,
    loss_pct: float = 0.0,
    *,
    burst_ratio: float = 1.0,
    ie: float = G711_IE,
    bpl: float = G711_BPL,
) -> Rating:
    """Judge a connection by its delay from mouth to ear, one way, and its loss.

    `burst_ratio`: mean length of the bursts of loss over what it is for loss by chance (1).
    """
    ro = _basic()
    delay = _talker_echo(delay_ms) + _listener_echo(ro, 2 * delay_ms) + _too_long(delay_ms)
    lost = ie + (95 - ie) * loss_pct / (loss_pct / max(1.0, burst_ratio) + bpl)
    r = min(100.0, max(0.0, ro - _simultaneous(ro, delay_ms) - delay - lost + A))
    return Rating(r, mos_of(r), delay, lost)


def mos_of(r: float) -> float:
    """Annex B (B-4). Below R = 6.5 the polynomial falls under 1, which no listener can say."""
    if r >= 100:
        return 4.5
    return max(1.0, 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6)


def _noise() -> float:
    """No (7-3 to 7-7), dBm0p."""
    sending = PS - SLR - DS - 100 + 0.004 * (PS - OLR - DS - 14) ** 2
    room = PR + 10 * math.log10(1 + 10 ** ((10 - LSTR) / 10))
    receiving = RLR - 121 + room + 0.008 * (room - 35) ** 2
    parts = (NC, sending, receiving, NFOR + RLR)
    return 10 * math.log10(sum(10 ** (part / 10) for part in parts))


def _basic() -> float:
    """Ro (7-2): signal to noise."""
    return 15 - 1.5 * (SLR + _noise())


def _simultaneous(ro: float, delay_ms: float) -> float:
    """Is (7-8 to 7-17): too loud, sidetone, quantization."""
    x = OLR + 0.2 * (64 + _noise() - RLR)
    loudness = 20 * ((1 + (x / 8) ** 8) ** (1 / 8) - x / 8)
    side = -10 * math.log10(10 ** (-STMR / 10) + math.exp(-delay_ms / 4) * 10 ** (-TELR / 10))
    sidetone = (
        12 * (1 + ((side - 13) / 6) ** 8) ** (1 / 8)
        - 28 * (1 + ((side + 1) / 19.4) ** 35) ** (1 / 35)
        - 13 * (1 + ((side - 3) / 33) ** 13) ** (1 / 13)
        + 29
    )
    q = 37 - 15 * math.log10(QDU)
    g = 1.07 + 0.258 * q + 0.0602 * q**2
    y = (ro - 100) / 15 + 46 / 8.4 - g / 9
    z = 46 / 30 - g / 40
    return float(loudness + sidetone) + 15 * math.log10(1 + 10**y + 10**z)


def _talker_echo(delay_ms: float) -> float:
    """Idte (7-19 to 7-23)."""
    roe = -1.5 * (_noise() - RLR)
    ratio = (1 + delay_ms / 10) / (1 + delay_ms / 150)
    terv = TELR - 40 * math.log10(ratio) + 6 * math.exp(-0.3 * delay_ms**2)
    half = (roe - (80 + 2.5 * (terv - 14))) / 2
    return float((half + math.hypot(half, 10) - 1) * (1 - math.exp(-delay_ms)))


def _listener_echo(ro: float, round_trip_ms: float) -> float:
    """Idle (7-25, 7-26)."""
    rle = 10.5 * (WEPL + 7) * (round_trip_ms + 1) ** -0.25
    half = (ro - rle) / 2
    return float(half + math.hypot(half, 13))


def _too_long(delay_ms: float) -> float:
    """Idd (7-27, 7-28): delay alone, without any echo."""
    if delay_ms <= MT_MS:
        return 0.0
    x, n = math.log2(delay_ms / MT_MS), 6 * ST
    return 25 * float((1 + x**n) ** (1 / n) - 3 * (1 + (x / 3) ** n) ** (1 / n) + 2)
