"""How thresholds of a site and of a workspace lie over each other. Pure."""

from typing import Final

import msgspec

from forepost.kit.errors import Invalid
from forepost.wire.base import patched
from forepost.wire.rest.voice import (
    VoiceOverride,
    VoiceThresholds,
    VoiceThresholdsShown,
)

DEFAULTS: Final = VoiceThresholds()
_RISING: Final = (
    ("warning_jitter_ms", "critical_jitter_ms"),
    ("warning_loss_pct", "critical_loss_pct"),
    ("poor_mos", "fair_mos"),
    ("fair_mos", "good_mos"),
    ("good_mos", "excellent_mos"),
)


def effective(*levels: VoiceOverride | None) -> VoiceThresholds:
    """The defaults below each level that is there, in their order."""
    found = DEFAULTS
    for level in levels:
        if level is not None:
            found = patched(found, level)
    return found


def check(found: VoiceThresholds) -> None:
    """Raises Invalid where two of them contradict each other."""
    for low, high in _RISING:
        if getattr(found, low) > getattr(found, high):
            raise Invalid(f"{low}: cannot be above {high} ({getattr(found, high):g})")


def shown(
    site: VoiceOverride | None, workspace: VoiceOverride | None, *, of_site: bool
) -> VoiceThresholdsShown:
    """As one level is asked for. `workspace` is None for that of the site."""
    own = site if of_site else workspace
    return VoiceThresholdsShown(
        source="workspace" if workspace else "admin" if site else "defaults",
        override=msgspec.UNSET if own is None else own,
        effective=effective(site, workspace),
    )
