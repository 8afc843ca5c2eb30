"""A job as REST shows it, by who asks. Pure."""

from collections.abc import Mapping
from typing import Final

import msgspec

from forepost.controller.access.guard import RANK
from forepost.controller.jobs.definition import hashes_of, public_spec
from forepost.controller.jobs.members import FleetAgent
from forepost.controller.jobs.stored_job import StoredJob
from forepost.wire.disclosure import public_channel
from forepost.wire.jobs.rest import JobAgent, JobNotices, RunHead, WorkspaceJob

IN_A_LIST: Final = 100
"""Members of one job."""


def shown(
    job: StoredJob,
    fleet: Mapping[int, FleetAgent],
    last_run: RunHead | None,
    role: str,
    *,
    whole: bool,
) -> WorkspaceJob:
    """`whole`: alone, not in a list. Only an ADMIN is shown what scripts are, and whole URLs."""
    base = job.base if whole and RANK[role] >= RANK["ADMIN"] else public_spec(job.base)
    members = [JobAgent(**one._asdict()) for one in job.members(fleet).values()]
    return WorkspaceJob(
        id=job.id,
        workspace_id=job.workspace_id,
        uid=job.uid,
        name=base.name,
        type=base.type,
        script=base.script,
        triggers=base.triggers,
        schedule=base.schedule,
        priority=base.priority,
        transfer=base.transfer,
        agents=list(job.agents) if whole else list(job.agents)[:IN_A_LIST],
        groups=list(job.groups),
        members=members if whole else members[:IN_A_LIST],
        members_count=len(members),
        when_offline=job.when_offline,
        ttl_sec=job.ttl_sec,
        notices=_notices(job.notices, role),
        external_id=job.external_id,
        script_sha256=hashes_of(job.base),
        revision=job.revision,
        last_run=last_run,
        created_at=job.created_at,
        updated_at=job.updated_at,
    )


def _notices(notices: JobNotices | None, role: str) -> JobNotices | None:
    if notices is None:
        return None
    notices = msgspec.structs.replace(notices, webhook_secret="")
    if RANK[role] >= RANK["ADMIN"]:
        return notices
    return msgspec.structs.replace(
        notices,
        webhook_url=public_channel(notices.webhook_url),
        apprise_urls=[public_channel(url) for url in notices.apprise_urls],
    )
