"""Builds the slice that measures: the wanted probes, and NETINFO when something changes."""

from functools import partial

import msgspec

from forepost.agent.edges.host import descriptors
from forepost.agent.probes.moves import watch
from forepost.agent.probes.schedule import Scheduler
from forepost.agent.probes.trial_talk import TrialTalk
from forepost.agent.probes.trials import Trials
from forepost.agent.probes.wanted import WantedProbes
from forepost.agent.settings import ProbesSection
from forepost.agent.slices import Built, Site
from forepost.wire.probes.budget import BUDGET
from forepost.wire.probes.cost import Cost


async def build(site: Site) -> Built:
    scheduler = Scheduler(
        site.tasks,
        site.clock,
        site.edges,
        site.deliver,
        health=site.health,
        salt=str(site.settings.uplink.agent_id),
        budget=_budget(site.settings.probes),
        permission=site.settings.probes.permission(),
    )
    rest = site.rest if site.settings.jobs.pause_stops_probes else None
    wanted = WantedProbes(scheduler, rest)
    trials = Trials(
        site.edges,
        site.clock,
        site.settings.probes.permission(),
        _budget(site.settings.probes),
        lambda: rest is not None and rest.is_on,
    )
    return Built(
        services={"route changes": partial(watch, site.edges, site.clock, scheduler.now)},
        documents=[wanted],
        talks=[TrialTalk(trials)],
        status=lambda: {"probes": wanted.running, "unsupported": wanted.unsupported},
    )


def _budget(settings: ProbesSection) -> Cost:
    """What this host has room for: as any, with as many sockets as it lets us have, and as many
    packets as its site wants.
    """
    return msgspec.structs.replace(
        BUDGET,
        sockets=min(BUDGET.sockets, descriptors.raised()),
        packets=min(BUDGET.packets, settings.max_packets_per_sec),
    )
