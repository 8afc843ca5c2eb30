"""What of a manifest may be shown to whoever may not change it: an allow-list. Pure."""

from typing import Any, Final

import msgspec

from forepost.wire.disclosure import MASK
from forepost.wire.workloads.manifest import WorkloadSpec

PUBLIC_FIELDS: Final = frozenset(
    {
        "name",
        "image",
        "registry",
        "ports",
        "volumes",
        "extra_hosts",
        "network",
        "user",
        "limits",
        "health",
        "cap_add",
        "cap_drop",
        "privileged",
        "read_only",
        "stop_sec",
        "log",
        "update",
        "routes",
    }
)
"""Of the environment the names are shown; of commands and the configuration nothing."""


def public_spec(spec: WorkloadSpec) -> WorkloadSpec:
    """The manifest with `***` for each value that may be a password."""
    return msgspec.structs.replace(spec, **hidden_fields(spec))


def hidden_fields(spec: Any) -> dict[str, Any]:
    """What `public_spec` shows in place of the fields of a manifest, or of what has the same."""
    hidden: dict[str, Any] = {
        field: _hidden(getattr(spec, field))
        for field in WorkloadSpec.__struct_fields__
        if field not in PUBLIC_FIELDS
    }
    hidden["env"] = dict.fromkeys(spec.env, MASK)
    hidden["health"] = msgspec.structs.replace(spec.health, test=_hidden(spec.health.test))
    return hidden


def _hidden(value: Any) -> Any:
    if not value:
        return value
    return [MASK] if isinstance(value, list) else MASK
