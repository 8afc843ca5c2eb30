"""A job as it is kept, and who has it. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import msgspec

from forepost.controller.jobs.definition import hashes_of
from forepost.controller.jobs.members import FleetAgent, MemberRow, Tags, members_of
from forepost.wire.jobs.job import JobBase
from forepost.wire.jobs.rest import JobAgent, JobGroup, JobNotices, WhenOffline

TagsOf = Callable[[int], Tags]
"""Agent id -> the tags that it said last."""


class StoredJob(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    workspace_id: int
    uid: str
    base: JobBase
    digest: str
    agents: Sequence[JobAgent]
    groups: Sequence[JobGroup]
    when_offline: WhenOffline
    ttl_sec: int
    notices: JobNotices | None
    external_id: str
    revision: int
    created_at: datetime
    updated_at: datetime

    @property
    def has_scripts(self) -> bool:
        return bool(hashes_of(self.base))

    def members(self, fleet: Mapping[int, FleetAgent]) -> dict[int, MemberRow]:
        return members_of(self.agents, self.groups, fleet)
