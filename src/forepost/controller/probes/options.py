"""Refuses what an agent would refuse of a probe's options, before anybody keeps them. Pure."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from forepost.kit.errors import Invalid
from forepost.kit.near_miss import near_miss
from forepost.wire.probes import KINDS, STANDS_FOR
from forepost.wire.probes.options import WrongOption, read_options
from forepost.wire.probes.probe import NewProbe, Probe

ALSO_KNOWN: Final = frozenset({"include_ping", "trafficsim"})
"""Names in metadata that are the controller's own."""


def check_options(probe: NewProbe | Probe) -> None:
    """Raises Invalid with the field of the metadata: for a value that no agent takes, and for a
    name that is a slip away from an option of this type.
    """
    kinds = [kind for kind in STANDS_FOR.get(probe.type, (probe.type,)) if kind in KINDS]
    if not kinds:
        return
    for name in _slips(kinds, probe.metadata):
        raise Invalid(name)
    for kind in kinds:
        _check(kind, probe)


def _check(name: str, probe: NewProbe | Probe) -> None:
    kind = KINDS[name]
    told = {
        "interval_sec": max(1, probe.interval_sec),
        "timeout_sec": max(1, probe.timeout_sec),
        "count": probe.count,
        "bind_interface": probe.bind_interface,
        **{field: getattr(probe, field) for field in kind.told},
    }
    try:
        read_options(kind.options, told, kind.flat(probe.metadata))
    except WrongOption as error:
        raise Invalid(f"metadata.{error}") from None


def _slips(kinds: list[str], metadata: Any) -> Iterator[str]:
    known = {name for kind in kinds for name in KINDS[kind].options.__struct_fields__} | ALSO_KNOWN
    asked = metadata
    for kind in kinds:
        asked = KINDS[kind].flat(asked)
    for name in asked if isinstance(asked, dict) else ():
        if name not in _all_options() and (meant := near_miss(name, known)):
            yield f"metadata.{name[:40]}: did you mean {meant}?"


@lru_cache(maxsize=1)
def _all_options() -> frozenset[str]:
    return frozenset(name for kind in KINDS.values() for name in kind.options.__struct_fields__)
