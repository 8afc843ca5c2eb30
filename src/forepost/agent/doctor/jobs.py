"""Checks of what jobs need: packages, the port of the Agent API, their folder, watches, room."""

import os
import socket
from pathlib import Path
from typing import Final

import msgspec

from forepost.agent.doctor.case import Case
from forepost.agent.doctor.network import listens
from forepost.agent.edges.host import abilities
from forepost.wire.local.doctor import Finding

NEED: Final = "jobs"
PACKAGES: Final = ("asyncinotify", "blake3", "cryptography", "pathspec", "pyfastcdc")
LEAST_WATCHES: Final = 65_536
LEAST_INSTANCES: Final = 64
LEAST_FREE: Final = 256 << 20
MIB: Final = 1 << 20


def packages(case: Case) -> Finding:
    missing = [name for name in PACKAGES if not abilities.has_module(name)]
    why_not = f"not installed: {', '.join(missing)}" if missing else ""
    grant = "pip install 'forepost[jobs]'"
    found = case.finding("jobs-packages", why_not, [NEED], grant=grant)
    return _where_wanted(case, found)


def api_port(case: Case) -> Finding:
    section = case.settings.agent_api
    if not section.client_api_enabled:
        return Finding(check="agent-api-port", state="off", detail="the Agent API is not served")
    listen = f"127.0.0.1:{section.client_api_port}"
    return listens(case, "agent-api-port", listen, socket.SOCK_STREAM, "agent_api.client_api_port")


def folder(case: Case) -> Finding:
    """Whoever may write there has the agent run what it likes."""
    check, said = "jobs-folder", case.settings.jobs.dir
    if not said:
        return Finding(check=check, state="off", detail="jobs.dir names none")
    path, why_not, grant = Path(said), "", f"mkdir -m 0750 {said}, for the agent's user"
    try:
        os.listdir(path)  # noqa: PTH208 - whether it can be read
        if abilities.others_may_write(path):
            why_not = f"{said}: others may write there, and so have this agent run what they like"
            grant = f"chmod go-w {said}; chown root {said}"
    except OSError as error:
        why_not = f"{said}: {os.strerror(error.errno or 0).lower()}"
    found = case.finding(check, why_not, ["jobs.dir"], detail=said, grant=grant)
    return msgspec.structs.replace(found, configured=True)


def watches(case: Case) -> Finding:
    """Lacking them fails nothing: folders are read again and again instead."""
    most = abilities.inotify_limit("watches")
    instances = abilities.inotify_limit("instances")
    why_not = ""
    if most < LEAST_WATCHES:
        why_not = f"one user may watch {most:,} folders; larger trees are read again and again"
    elif instances < LEAST_INSTANCES:
        why_not = f"one user may look on {instances:,} times, and each folder of a job is one"
    found = case.finding(
        "inotify-watches",
        why_not,
        [NEED],
        detail=f"{most:,} folders in {instances:,} jobs and programs for each user",
        grant="sysctl -w fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=1024,"
        " and the same in /etc/sysctl.d",
    )
    return msgspec.structs.replace(found, configured=False)


def space(case: Case) -> Finding:
    """For the journal of runs, and the engine's own files."""
    why_not, free = abilities.folder(Path(case.settings.node.state_dir))
    grant = "see state-folder"
    if not why_not and free < LEAST_FREE:
        why_not = f"{free // MIB} MiB are free, {LEAST_FREE // MIB} are little"
        grant = "make room: on a full disk no run begins"
    detail = f"{free // MIB} MiB free"
    found = case.finding("jobs-space", why_not, [NEED], detail=detail, grant=grant)
    return _where_wanted(case, found)


def _where_wanted(case: Case, found: Finding) -> Finding:
    if not case.settings.has_jobs:
        return Finding(check=found.check, state="off", detail="no jobs are wanted here")
    return msgspec.structs.replace(found, configured=True)
