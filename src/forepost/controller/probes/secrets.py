"""What of a probe is for those who may change it, and for nobody else. Pure."""

import msgspec

from forepost.wire.disclosure import public_metadata, public_target
from forepost.wire.probes.probe import Probe


def masked(probe: Probe) -> Probe:
    """The probe as a VIEWER sees it: options of the allow-list, URLs without what they hide."""
    targets = [
        msgspec.structs.replace(target, target=public_target(target.target))
        for target in probe.targets or ()
    ]
    return msgspec.structs.replace(
        probe,
        targets=targets if probe.targets is not None else None,
        metadata=public_metadata(probe.type, probe.metadata),
    )


def without_settings(probe: Probe) -> Probe:
    """The probe as a share link shows it: what is measured, and how often."""
    return msgspec.structs.replace(
        masked(probe), labels={}, metadata={}, bind_interface="", external_id=""
    )


def for_role(role: str, probes: list[Probe]) -> list[Probe]:
    """As somebody with this role may see them."""
    return [masked(probe) for probe in probes] if role == "VIEWER" else probes
