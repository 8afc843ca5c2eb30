"""From when on a call is bad, as REST has it: for a site and for a workspace."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from forepost.wire.base import Wire

Ms = Annotated[float, Meta(ge=0, le=10_000)]
Percent = Annotated[float, Meta(ge=0, le=100)]
Mos = Annotated[float, Meta(ge=1, le=5)]
Factor = Annotated[float, Meta(gt=0, le=100)]
Codec = Annotated[str, Meta(min_length=1, max_length=32)]


class VoiceThresholds(Wire, frozen=True, kw_only=True):
    """All of them, as they hold."""

    warning_jitter_ms: Ms = 15.0
    critical_jitter_ms: Ms = 25.0
    jitter_spike_multiplier: Factor = 2.0
    """A jitter so many times the usual one is a spike."""
    warning_loss_pct: Percent = 2.0
    critical_loss_pct: Percent = 5.0
    new_loss_baseline_max_pct: Percent = 0.5
    new_loss_current_min_pct: Percent = 2.0
    asymmetry_mos_ratio_min: Factor = 0.75
    asymmetry_min_forward_mos: Mos = 3.5
    latency_only_min_ms: Ms = 100.0
    latency_only_max_loss_pct: Percent = 0.5
    latency_only_max_mos: Mos = 4.0
    out_of_sequence_pct: Percent = 1.0
    excellent_mos: Mos = 4.3
    good_mos: Mos = 4.0
    fair_mos: Mos = 3.6
    poor_mos: Mos = 3.1
    congestion_jitter_ms: Ms = 15.0
    congestion_loss_pct: Percent = 1.0
    congestion_latency_ms: Ms = 80.0
    codec: Codec = "G.711"


class VoiceOverride(Wire, frozen=True, kw_only=True):
    """Those that are other than one level higher; what is left out is as it is there."""

    warning_jitter_ms: Ms | UnsetType = UNSET
    critical_jitter_ms: Ms | UnsetType = UNSET
    jitter_spike_multiplier: Factor | UnsetType = UNSET
    warning_loss_pct: Percent | UnsetType = UNSET
    critical_loss_pct: Percent | UnsetType = UNSET
    new_loss_baseline_max_pct: Percent | UnsetType = UNSET
    new_loss_current_min_pct: Percent | UnsetType = UNSET
    asymmetry_mos_ratio_min: Factor | UnsetType = UNSET
    asymmetry_min_forward_mos: Mos | UnsetType = UNSET
    latency_only_min_ms: Ms | UnsetType = UNSET
    latency_only_max_loss_pct: Percent | UnsetType = UNSET
    latency_only_max_mos: Mos | UnsetType = UNSET
    out_of_sequence_pct: Percent | UnsetType = UNSET
    excellent_mos: Mos | UnsetType = UNSET
    good_mos: Mos | UnsetType = UNSET
    fair_mos: Mos | UnsetType = UNSET
    poor_mos: Mos | UnsetType = UNSET
    congestion_jitter_ms: Ms | UnsetType = UNSET
    congestion_loss_pct: Percent | UnsetType = UNSET
    congestion_latency_ms: Ms | UnsetType = UNSET
    codec: Codec | UnsetType = UNSET


class VoiceThresholdsShown(Wire, frozen=True, kw_only=True):
    source: Literal["defaults", "admin", "workspace"]
    """Where the nearest override is."""
    override: VoiceOverride | UnsetType = UNSET
    """Of this level."""
    effective: VoiceThresholds


class VoiceThresholdsSet(Wire, frozen=True, kw_only=True):
    ok: bool = True
    effective: VoiceThresholds
