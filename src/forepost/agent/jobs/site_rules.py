"""What this site lets jobs do: where, as whom, and which scripts."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from forepost.agent.edges.proc.script_process import NoSuchUser, ScriptOrder, user_named
from forepost.agent.jobs.macros import WrongPath, filled_in, macros
from forepost.agent.jobs.record import RunRecord, Step, script_hash, script_of
from forepost.agent.settings.jobs import JobsSection
from forepost.wire.jobs.job import Job, JobPeer, JobScript

SHELLS: Final = ("/bin/sh", "/bin/bash")
"""What may read a text whose hash is allowed, beside programs in directories that are."""
HASH: Final = "sha256:"
ARGUMENT: Final = "ARG_"
ROLES: Final = {"rw": "RW", "ro": "RO"}


class JobRules:
    def __init__(
        self, section: JobsSection, state_dir: Path, tags: Callable[[], Mapping[str, str]]
    ) -> None:
        self._section, self._state_dir, self._tags = section, state_dir, tags

    @property
    def lets_scripts_run(self) -> bool:
        return bool(self._section.allow_scripts)

    def path(self, record: RunRecord) -> str:
        """Return the path of a run, with macros filled in. Raises WrongPath."""
        job = record.job
        if record.path or not job.path:
            return record.path
        home = str(Path.home())
        return filled_in(job.path, macros(home, self._section.folders_storage_path, self._tags()))

    def peer_path(self, record: RunRecord, peer: JobPeer) -> str:
        """Return where the files of one source go. Raises WrongPath."""
        if not peer.path:
            return self.path(record)
        home = str(Path.home())
        known = macros(home, self._section.folders_storage_path, self._tags())
        return filled_in(peer.path, known)

    def sources_refusal(self, record: RunRecord) -> str:
        """Return why the files of a source may not go where they should; "": they may. Two sources
        in one place would write over each other.
        """
        job, places = record.job, set[str]()
        if job.type != "consolidation" or job.permission != "ro":
            return ""
        for peer in job.peers:
            if peer.permission != "rw":
                continue
            try:
                path = self.peer_path(record, peer)
            except WrongPath as error:
                return str(error)
            if refused := self._path_refusal(path, record):
                return refused
            if path in places:
                return f"10004 SE_JOB_SAME_DESTINATION_PATH: {path} is of two sources"
            places.add(path)
        return ""

    def refusal_here(self, job: Job, now: datetime) -> str:
        """Return why this site would not make a run of a job of its own; "": it would."""
        record = RunRecord(uid="", run_id=0, job=job, by="command", queued_at=now)
        return self.sources_refusal(record) or self.refusal(record)

    def refusal(self, record: RunRecord) -> str:
        """Return why this site does not make a run; "": it does."""
        job = record.job
        if record.of_controller and self._section.allow is False:
            return "this site takes no jobs of a controller ([jobs] allow)"
        try:
            path = self.path(record)
        except WrongPath as error:
            return str(error)
        if refused := self._path_refusal(path, record):
            return refused
        steps: tuple[Step, ...] = ("script", "pre_indexing", "post_download", "complete")
        scripts = (script_of(job, step) for step in steps)
        found = (self.script_refusal(script) for script in scripts if script is not None)
        return next(filter(None, found), "")

    def script_refusal(self, script: JobScript) -> str:
        allowed = self._section.allow_scripts
        if not allowed:
            return "this site runs no scripts ([jobs] allow_scripts)"
        users = self._section.script_users
        if script.user and users and script.user not in users:
            return f"user: this site runs no scripts as {script.user} ([jobs] script_users)"
        try:
            user_named(self._user(script))
        except NoSuchUser as error:
            return str(error)
        return "" if isinstance(allowed, bool) else self._listed(script, allowed)

    def order(self, record: RunRecord, step: Step) -> ScriptOrder:
        """Return what is to be run in a step. Raises WrongPath."""
        script = script_of(record.job, step)
        assert script is not None
        path = self.path(record)
        return ScriptOrder(
            uid=record.uid,
            command=script.command,
            program=self._program(script),
            called=script.shell if isinstance(script.command, str) else "",
            user=self._user(script),
            cwd=path or "/",
            env={**script.env, **self._environment(record, path)},
            timeout_sec=script.timeout_sec,
        )

    def _environment(self, record: RunRecord, path: str) -> dict[str, str]:
        job, began = record.job, record.started_at or record.queued_at
        return {
            **{f"TAG_{name}": value for name, value in self._tags().items()},
            "JOB_NAME": job.name,
            "JOB_PATH": path,
            "JOB_ROLE": "Script" if job.type == "script" else ROLES[job.permission],
            "JOB_START_TIME": str(int(began.timestamp())),
        }

    def _user(self, script: JobScript) -> str:
        users = self._section.script_users
        return script.user or (users[0] if users else "")

    def _program(self, script: JobScript) -> str:
        """What is executed: where only some programs are, what was looked at and no link to it."""
        said = script.shell if isinstance(script.command, str) else script.command[0]
        return said if self._section.allow_scripts is True else os.path.realpath(said)

    def _listed(self, script: JobScript, allowed: tuple[str, ...]) -> str:
        is_text = isinstance(script.command, str)
        program = script.shell if is_text else script.command[0]
        if others := [name for name in script.env if not name.startswith(ARGUMENT)]:
            return f"env: {others[0]}: where scripts are listed, names begin with {ARGUMENT}"
        is_known = f"{HASH}{script_hash(script)}" in allowed
        if is_text:
            if not is_known:
                return "this site does not run this script ([jobs] allow_scripts)"
            if program in SHELLS or _is_within_any(program, allowed):
                return ""
            return f"shell: this site does not run {program} ([jobs] allow_scripts)"
        if not program.startswith("/"):
            return f"command: {program}: where scripts are listed, the whole path is needed"
        if is_known or _is_within_any(program, allowed):
            return ""
        return f"this site does not run {program} ([jobs] allow_scripts)"

    def _path_refusal(self, path: str, record: RunRecord) -> str:
        if not path:
            return ""
        real, own = os.path.realpath(path), os.path.realpath(self._state_dir)
        is_transfer = record.job.type != "script"
        if _is_within(real, own) or (is_transfer and _is_within(own, real)):
            return f"path: {path}: the agent's own folder is not for jobs"
        if record.of_controller and not any(
            _is_within(real, os.path.realpath(one)) for one in self._section.allow_paths
        ):
            return f"path: {path} is not in one of this site's folders ([jobs] allow_paths)"
        return ""


def _is_within_any(program: str, allowed: tuple[str, ...]) -> bool:
    """Whether a program lies, by its real path, in one of the directories."""
    real = os.path.realpath(program)
    folders = (os.path.realpath(one) for one in allowed if one.startswith("/"))
    return any(real != folder and _is_within(real, folder) for folder in folders)


def _is_within(path: str, folder: str) -> bool:
    return folder in ("/", path) or path.startswith(f"{folder}/")
