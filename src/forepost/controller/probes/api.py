"""Routes of an agent's probes."""

from collections.abc import Callable
from typing import Final

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access import needs
from forepost.controller.probes.store import Probes
from forepost.controller.probes.wanted import Owners
from forepost.kit.clock import Clock
from forepost.kit.errors import Invalid
from forepost.wire.probes import TARGETLESS, NewProbe, Probe, ProbePatch
from forepost.wire.rest import Done, ListOf

Changed = Callable[[int, int], None]
"""Called with (agent id, probe id) after a probe of that agent was added, changed or removed."""

OF_AGENT: Final = "/workspaces/{workspace_id:int}/agents/{agent_id:int}/probes"
ONE: Final = OF_AGENT + "/{probe_id:int}"
INTERVAL_SEC, TIMEOUT_SEC = 60, 10


def routes(probes: Probes, owners: Owners, clock: Clock, changed: Changed) -> Router:
    @get(OF_AGENT, opt=needs("VIEWER"))
    async def list_probes(workspace_id: FromPath[int], agent_id: FromPath[int]) -> ListOf[Probe]:
        return ListOf(data=await probes.of_agent(workspace_id, agent_id))

    @post(OF_AGENT, opt=needs("USER"))
    async def add_probe(
        workspace_id: FromPath[int], agent_id: FromPath[int], data: JSONBody[NewProbe]
    ) -> Probe:
        """Interval and timeout of 0 mean the usual ones: 60 s and 10 s."""
        if data.workspace_id not in (0, workspace_id):
            raise Invalid("workspace_id: is not the one of the path")
        if data.agent_id not in (0, agent_id):
            raise Invalid("agent_id: is not the one of the path")
        _check_targets(data.type, data.targets, data.agent_targets)
        data = msgspec.structs.replace(
            data,
            interval_sec=data.interval_sec or INTERVAL_SEC,
            timeout_sec=data.timeout_sec or TIMEOUT_SEC,
        )
        probe = await probes.add(workspace_id, agent_id, data, clock.now())
        changed(agent_id, probe.id)
        return probe

    @get(ONE, opt=needs("VIEWER"))
    async def get_probe(
        workspace_id: FromPath[int], agent_id: FromPath[int], probe_id: FromPath[int]
    ) -> Probe:
        return await probes.get(workspace_id, agent_id, probe_id)

    @patch(ONE, opt=needs("USER"))
    async def change_probe(
        workspace_id: FromPath[int],
        agent_id: FromPath[int],
        probe_id: FromPath[int],
        data: JSONBody[ProbePatch],
    ) -> Probe:
        if data.replace_targets == [] and data.replace_agent_targets in (msgspec.UNSET, []):
            current = await probes.get(workspace_id, agent_id, probe_id)
            _check_targets(current.type, [], [])
        new = await probes.change(workspace_id, agent_id, probe_id, data, clock.now())
        changed(agent_id, probe_id)
        return new

    @delete(ONE, opt=needs("USER"), status_code=HTTP_200_OK)
    async def delete_probe(
        workspace_id: FromPath[int], agent_id: FromPath[int], probe_id: FromPath[int]
    ) -> Done:
        await probes.delete(workspace_id, agent_id, probe_id)
        owners.forget(probe_id)
        changed(agent_id, probe_id)
        return Done()

    return Router(
        "/",
        route_handlers=[list_probes, add_probe, get_probe, change_probe, delete_probe],
        tags=["probes"],
    )


def _check_targets(kind: str, hosts: list[str], peers: list[int]) -> None:
    if not hosts and not peers and kind not in TARGETLESS:
        raise Invalid(f"targets: a probe of type {kind} needs at least one")
    for host in hosts:
        if any(c.isspace() or not c.isprintable() for c in host):
            raise Invalid(f"targets: {host!r} is not an address, a name or a URL")
