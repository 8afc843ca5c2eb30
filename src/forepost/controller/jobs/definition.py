"""Jobs between REST and the database: checked, written, and shown by who asks. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET

from forepost.kit.errors import Invalid
from forepost.wire.base import complaint
from forepost.wire.jobs.job import JobBase, JobScript, JobTriggers, path_refusal
from forepost.wire.jobs.rest import HIDDEN, JobAgent, JobGroup, JobMember, JobPatch, NewJob

MOST_JOB: Final = 512 << 10
"""Bytes of a job as JSON, and of a body that brings one; a frame for agents is 1 MiB."""
SAME_PATH: Final = "10004 SE_JOB_SAME_DESTINATION_PATH"
_SOURCE_MACRO: Final = re.compile(r"%SRC:[A-Z0-9_]{1,100}%")
_FIELDS: Final = tuple(field.name for field in msgspec.structs.fields(JobBase))
_TRIGGERS: Final = tuple(field.name for field in msgspec.structs.fields(JobTriggers))


class JobSpec(NamedTuple):
    """A job without its agents, as it is written down."""

    base: JobBase
    text: str
    digest: str


def spec_of(new: NewJob) -> JobSpec:
    """Raises Invalid."""
    return _written({name: getattr(new, name) for name in _FIELDS})


def changed_spec(old: JobBase, patch: JobPatch) -> JobSpec:
    """The job with the fields that are named. Raises Invalid."""
    if patch.type not in (UNSET, old.type):
        raise Invalid("type: a job has it for life")
    fields: dict[str, Any] = {name: getattr(old, name) for name in _FIELDS}
    for name in _FIELDS:
        if (value := getattr(patch, name)) is not UNSET:
            fields[name] = value
    return _written(fields)


def read_spec(text: str) -> JobBase:
    return msgspec.json.decode(text, type=JobBase)


def _written(fields: dict[str, Any]) -> JobSpec:
    try:
        base = msgspec.convert(msgspec.to_builtins(fields), JobBase)
    except msgspec.ValidationError as error:
        raise Invalid(complaint(error, JobBase)) from None
    text = msgspec.json.encode(base, order="deterministic").decode()
    if len(text.encode()) > MOST_JOB:
        raise Invalid(f"body: a job of more than {MOST_JOB} bytes")
    return JobSpec(base, text, sha256(text.encode()).hexdigest()[:32])


def _check_paths(members: Sequence[tuple[str, JobMember]]) -> None:
    for field, member in members:
        if refused := path_refusal(member.path):
            raise Invalid(f"{field}.path: {refused}")


def check_members(
    base: JobBase, agents: Sequence[JobAgent], groups: Sequence[JobGroup], when_offline: str
) -> None:
    """Raises Invalid."""
    seen: set[int] = set()
    for at, agent in enumerate(agents):
        if agent.agent_id in seen:
            raise Invalid(f"agents[{at}].agent_id: agent {agent.agent_id} is named twice")
        seen.add(agent.agent_id)
    members: list[tuple[str, JobMember]] = [
        *((f"agents[{at}]", agent) for at, agent in enumerate(agents)),
        *((f"groups[{at}]", group) for at, group in enumerate(groups)),
    ]
    _check_paths(members)
    if base.type == "script":
        return
    if base.type == "folder" and when_offline != "queue":
        raise Invalid("when_offline: a folder waits for all its agents: queue")
    for field, member in members:
        if not member.path:
            raise Invalid(f"{field}.path: needed for everything but scripts")
    if members and not any(member.permission == "rw" for _, member in members):
        raise Invalid("agents: one at least has to be a source (permission rw)")
    if base.type == "consolidation":
        _check_destinations(agents, groups)


def _check_destinations(agents: Sequence[JobAgent], groups: Sequence[JobGroup]) -> None:
    """Where there may be two sources, each must have a place of its own."""
    sources = [agent for agent in agents if agent.permission == "rw"]
    if len(sources) < 2 and not any(group.permission == "rw" for group in groups):
        return
    for field, members in (("agents", agents), ("groups", groups)):
        for at, member in enumerate(members):
            if member.permission == "ro" and not _SOURCE_MACRO.search(member.path):
                raise Invalid(
                    f"{field}[{at}].path: {SAME_PATH}: files of two sources would come to one"
                    " place: put %SRC:AGENT_NAME% or another tag of the sources into it"
                )


def path_for(path: str, agent_id: int, name: str, tags: Mapping[str, str]) -> str:
    """A destination's path for the files of this source. A tag that the source does not have stays
    as it is, and the destination refuses it.
    """
    known = {**tags, "AGENT_NAME": name, "AGENT_ID": str(agent_id)}

    def filled(found: re.Match[str]) -> str:
        value = known.get(found.group()[5:-1])
        if value is None or value in ("", ".", "..") or "/" in value or "\0" in value:
            return found.group()  # no tag leads out of the folder
        return value

    return _SOURCE_MACRO.sub(filled, path)


def root_of(path: str) -> str:
    """The folder below which each source has its place."""
    found = _SOURCE_MACRO.search(path)
    if found is None:
        return path
    return path[: found.start()].rpartition("/")[0] or "/"


def same_paths(path: str, sources: Sequence[tuple[int, str, Mapping[str, str]]]) -> list[int]:
    """Sources whose files would come to the place of another one's at this destination. A source:
    number, name and tags.
    """
    places: dict[str, list[int]] = {}
    for agent_id, name, tags in sources:
        places.setdefault(path_for(path, agent_id, name, tags), []).append(agent_id)
    return sorted(one for some in places.values() if len(some) > 1 for one in some)


def scripts_of(base: JobBase) -> Iterator[tuple[str, JobScript]]:
    """All scripts of a job, by what they are called in it."""
    if base.script is not None:
        yield "script", base.script
    for name in _TRIGGERS:
        if (script := getattr(base.triggers, name)) is not None:
            yield name, script


def hashes_of(base: JobBase) -> dict[str, str]:
    return {name: script.sha256() for name, script in scripts_of(base)}


def public_spec(base: JobBase) -> JobBase:
    """Without what scripts are and what is in their environment."""
    triggers = {name: _hidden(script) for name, script in scripts_of(base) if name in _TRIGGERS}
    return msgspec.structs.replace(
        base,
        script=None if base.script is None else _hidden(base.script),
        triggers=JobTriggers(**triggers),
    )


def _hidden(script: JobScript) -> JobScript:
    return msgspec.structs.replace(script, command=HIDDEN, env={})
