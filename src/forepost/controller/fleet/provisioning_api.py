"""The route of provisioning keys: a PIN with the numbers that it is for, as one text."""

from datetime import timedelta
from typing import Final

from litestar import Router, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import Caller, needs
from forepost.controller.fleet.api import ONE
from forepost.controller.fleet.enrol import PIN_SEC, Enrolment
from forepost.kit.clock import Clock
from forepost.wire.workloads.provisioning_key import provisioning_key
from forepost.wire.workloads.rest import ProvisioningKey, ProvisioningRequest

PIN_DIGITS: Final = 24
"""Nobody types it: it is copied."""


def routes(enrolment: Enrolment, clock: Clock) -> Router:
    @post(
        ONE + "/provisioning-key",
        opt=needs("USER", "agents.provisioning-key"),
        status_code=HTTP_200_OK,
    )
    async def add_provisioning_key(
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        agent_id: FromPath[int],
        data: JSONBody[ProvisioningRequest | None] = None,
    ) -> ProvisioningKey:
        """For `forepost provision`, once: its first use ends it, and so does a later PIN or key.
        It is shown this once; only its hash is kept.
        """
        ttl_sec = (data or ProvisioningRequest()).ttl_sec or PIN_SEC
        expires_at = clock.now() + timedelta(seconds=ttl_sec)
        pin = await enrolment.issue_pin(workspace_id, agent_id, caller, PIN_DIGITS, ttl_sec)
        return ProvisioningKey(
            key=provisioning_key(workspace_id, agent_id, pin), expires_at=expires_at
        )

    return Router("/", route_handlers=[add_provisioning_key], tags=["agents"])
