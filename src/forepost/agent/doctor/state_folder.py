"""Checks of the folder where the agent keeps what it measured."""

from pathlib import Path

import msgspec

from forepost.agent.doctor.case import Case
from forepost.agent.edges.host import abilities
from forepost.wire.local.doctor import Finding

MIB = 1 << 20


def folder(case: Case) -> Finding:
    path = Path(case.settings.node.state_dir)
    why_not, _ = abilities.folder(path)
    grant = (
        f"ask as the agent's user; or chown {path} to that user (systemd: StateDirectory=), or set"
        " node.state_dir"
    )
    found = case.finding("state-folder", why_not, ["spool"], detail=str(path), grant=grant)
    return msgspec.structs.replace(found, configured=True)


def space(case: Case) -> Finding:
    """For all that may wait there while the controller is away."""
    why_not, free = abilities.folder(Path(case.settings.node.state_dir))
    wanted = case.settings.spool.max_bytes
    if not why_not and free < wanted:
        why_not = f"{free // MIB} MiB are free, spool.max_bytes is {wanted // MIB} MiB"
        grant = "make room, or lower spool.max_bytes"
    else:
        grant = "see state-folder"
    found = case.finding(
        "spool-space", why_not, ["spool"], detail=f"{free // MIB} MiB free", grant=grant
    )
    return msgspec.structs.replace(found, configured=True)
