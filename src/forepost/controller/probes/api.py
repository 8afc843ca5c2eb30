"""Routes of an agent's probes."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from forepost.controller.access.guard import Caller, needs
from forepost.controller.probes.copies import ProbeCopies
from forepost.controller.probes.known_targets import check_known_targets
from forepost.controller.probes.options import check_options
from forepost.controller.probes.round_length import check_round, timed
from forepost.controller.probes.rows import hosts_of, peers_of
from forepost.controller.probes.secrets import for_role
from forepost.controller.probes.situation import Situations
from forepost.controller.probes.store import Changed, Probes, without_targets
from forepost.controller.probes.targets import check_targets
from forepost.kit.clock import Clock
from forepost.kit.errors import Invalid
from forepost.wire.base import MOST_ID, patched
from forepost.wire.probes.copies import CopyOutcome, CopyProbes, ReverseProbe
from forepost.wire.probes.delivery import ProbeDelivery
from forepost.wire.probes.options import usual_timeout
from forepost.wire.probes.probe import NewProbe, Probe, ProbePatch
from forepost.wire.rest.bodies import Done, ListOf

Told = Callable[[Changed], None]
"""Called after a probe was added, changed or removed."""
Touched = Callable[[set[int]], None]
"""Called with the agents whose lists changed."""
Delivery = Callable[[int, int], Awaitable[ProbeDelivery]]
"""(workspace id, agent id) -> what the agent makes of its list. Raises NotFound."""

PROBES: Final = "/workspaces/{workspace_id:int}/probes"
OF_AGENT: Final = "/workspaces/{workspace_id:int}/agents/{agent_id:int}/probes"
ONE: Final = OF_AGENT + "/{probe_id:int}"
INTERVAL_SEC: Final = 60


def routes(
    probes: Probes,
    situations: Situations,
    copying: ProbeCopies,
    delivery: Delivery,
    clock: Clock,
    told: Told,
    touched: Touched,
) -> Router:
    @get(OF_AGENT, opt=needs("VIEWER"))
    async def list_probes(
        caller: NamedDependency[Caller], workspace_id: FromPath[int], agent_id: FromPath[int]
    ) -> ListOf[Probe]:
        """A VIEWER is shown no passwords of what is measured."""
        return ListOf(data=for_role(caller.role, await probes.of_agent(workspace_id, agent_id)))

    @get(OF_AGENT + "/reverse", opt=needs("VIEWER"))
    async def list_reverse(
        caller: NamedDependency[Caller], workspace_id: FromPath[int], agent_id: FromPath[int]
    ) -> ListOf[ReverseProbe]:
        """Probes of other agents that measure towards this one."""
        found = await situations.towards(workspace_id, agent_id)
        return ListOf(
            data=[
                ReverseProbe(
                    probe=for_role(caller.role, [probe])[0],
                    owner_agent_id=probe.agent_id,
                    owner_agent_name=name,
                    owner_workspace_id=probe.workspace_id,
                    bidirectional=probe.bidirectional,
                )
                for probe, name in found
            ]
        )

    @get(OF_AGENT + "/delivery", opt=needs("VIEWER"))
    async def show_delivery(workspace_id: FromPath[int], agent_id: FromPath[int]) -> ProbeDelivery:
        """Which probes the agent runs now, and why it does not run the others."""
        return await delivery(workspace_id, agent_id)

    @post(OF_AGENT, opt=needs("USER"))
    async def add_probe(
        workspace_id: FromPath[int], agent_id: FromPath[int], data: JSONBody[NewProbe]
    ) -> Probe:
        """Interval and timeout of 0 mean the usual ones: 60 s, and 10 s or half of the interval."""
        _check_place(data.workspace_id, workspace_id, "workspace_id")
        _check_place(data.agent_id, agent_id, "agent_id")
        data = _checked(data)
        changed = await probes.add(workspace_id, agent_id, data, clock.now())
        told(changed)
        return changed.probe

    @get(ONE, opt=needs("VIEWER"))
    async def get_probe(
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        agent_id: FromPath[int],
        probe_id: FromPath[int],
        masked: FromQuery[bool] = False,
    ) -> Probe:
        """`masked`: as a VIEWER is shown it, to be handed on."""
        role = "VIEWER" if masked else caller.role
        (probe,) = for_role(role, [await probes.get(workspace_id, agent_id, probe_id)])
        return probe

    @patch(ONE, opt=needs("USER"))
    async def change_probe(
        workspace_id: FromPath[int],
        agent_id: FromPath[int],
        probe_id: FromPath[int],
        data: JSONBody[ProbePatch],
    ) -> Probe:
        current = await probes.get(workspace_id, agent_id, probe_id)
        check_known_targets(current, data)
        data = timed(current, data)
        hosts, peers = data.replace_targets, data.replace_agent_targets
        after = patched(current, without_targets(data))
        check_options(after)
        if hosts is not msgspec.UNSET or peers is not msgspec.UNSET:
            check_targets(
                current.type,
                hosts_of(current) if hosts is msgspec.UNSET else hosts,
                peers_of(current) if peers is msgspec.UNSET else peers,
                after.metadata,
            )
        changed = await probes.change(workspace_id, agent_id, probe_id, data, clock.now())
        told(changed)
        return changed.probe

    @delete(ONE, opt=needs("USER"), status_code=HTTP_200_OK)
    async def delete_probe(
        workspace_id: FromPath[int], agent_id: FromPath[int], probe_id: FromPath[int]
    ) -> Done:
        """With the probes of its other way."""
        told(await probes.delete(workspace_id, agent_id, probe_id))
        return Done()

    @delete(OF_AGENT, opt=needs("USER", "probes.clear"), status_code=HTTP_200_OK)
    async def clear_probes(workspace_id: FromPath[int], agent_id: FromPath[int]) -> Done:
        for changed in await probes.clear(workspace_id, agent_id):
            told(changed)
        return Done()

    async def copied(workspace_id: int, source_id: int, data: CopyProbes) -> CopyOutcome:
        _check_place(data.workspace_id, workspace_id, "workspace_id")
        results, agents = await copying.copy(workspace_id, source_id, data, clock.now())
        touched(agents)
        skipped = sum(result.skipped for result in results)
        errors = sum(bool(result.error) for result in results)
        return CopyOutcome(
            created=len(results) - skipped - errors,
            skipped=skipped,
            errors=errors,
            results=results,
        )

    @post(OF_AGENT + "/copy", opt=needs("USER", "probes.copy"), status_code=HTTP_200_OK)
    async def copy_of_agent(
        workspace_id: FromPath[int], agent_id: FromPath[int], data: JSONBody[CopyProbes]
    ) -> CopyOutcome:
        _check_place(data.source_agent_id, agent_id, "source_agent_id")
        return await copied(workspace_id, agent_id, data)

    @post(PROBES + "/copy", opt=needs("USER", "probes.copy"), status_code=HTTP_200_OK)
    async def copy(workspace_id: FromPath[int], data: JSONBody[CopyProbes]) -> CopyOutcome:
        if not data.source_agent_id:
            raise Invalid("source_agent_id: is required")
        return await copied(workspace_id, data.source_agent_id, data)

    @get(PROBES + "/matching", opt=needs("VIEWER"))
    async def matching(
        caller: NamedDependency[Caller],
        workspace_id: FromPath[int],
        source: Annotated[int, QueryParameter(ge=1, le=MOST_ID)],
        dest: Annotated[int, QueryParameter(ge=1, le=MOST_ID)],
        types: FromQuery[str] = "",
    ) -> ListOf[Probe]:
        """Probes of agent `source` that could be copied to agent `dest`. `types`: with commas."""
        await probes.of_agent(workspace_id, dest)
        wanted = {kind.strip().upper() for kind in types.split(",") if kind.strip()}
        found = [
            probe
            for probe in await probes.of_agent(workspace_id, source)
            if dest not in peers_of(probe) and (not wanted or probe.type in wanted)
        ]
        return ListOf(data=for_role(caller.role, found))

    return Router(
        "/",
        route_handlers=[
            list_probes,
            list_reverse,
            show_delivery,
            add_probe,
            get_probe,
            change_probe,
            delete_probe,
            clear_probes,
            copy_of_agent,
            copy,
            matching,
        ],
        tags=["probes"],
    )


def _checked(new: NewProbe) -> NewProbe:
    """A new probe with the usual times where it names none. Raises Invalid."""
    if new.bidirectional and new.type != "AGENT":
        raise Invalid("bidirectional: only a probe of type AGENT has another way")
    check_targets(new.type, new.targets, new.agent_targets, new.metadata)
    interval_sec = new.interval_sec or INTERVAL_SEC
    new = msgspec.structs.replace(
        new,
        interval_sec=interval_sec,
        timeout_sec=new.timeout_sec or usual_timeout(interval_sec),
    )
    check_options(new)
    check_round(new.type, interval_sec, new.timeout_sec, new.count, new.metadata)
    return new


def _check_place(named: int, of_path: int, field: str) -> None:
    if named not in (0, of_path):
        raise Invalid(f"{field}: is not the one of the path")
