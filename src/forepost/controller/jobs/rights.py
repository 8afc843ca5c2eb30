"""What of jobs needs more than the role of the route: whatever can run a program. Pure."""

from typing import Any, Final

from forepost.controller.access.actor import concerns
from forepost.controller.access.guard import RANK, Caller
from forepost.controller.jobs.definition import hashes_of
from forepost.kit.errors import Forbidden
from forepost.wire.jobs.job import JobBase
from forepost.wire.jobs.rest import JobNotices

ROLE: Final = "ADMIN"


def check_scripts(scope: Any, caller: Caller, *bases: JobBase) -> None:
    """Of all that a request is about: as it was, and as it is to be. What it is goes into the audit
    log. Raises Forbidden.
    """
    hashes = {name: of for base in bases for name, of in hashes_of(base).items()}
    if not hashes:
        return
    concerns(scope, ", ".join(f"{name} sha256:{of}" for name, of in sorted(hashes.items())))
    if RANK[caller.role] < RANK[ROLE]:
        raise Forbidden("script: a job that runs one is for an ADMIN", required_role=ROLE)


def check_notices(caller: Caller, notices: JobNotices | None) -> None:
    """Where the controller sends something, an ADMIN says, as with rules of alerts. Raises
    Forbidden.
    """
    if notices is not None and RANK[caller.role] < RANK[ROLE]:
        raise Forbidden("notices: where they go, an ADMIN says", required_role=ROLE)
