"""Builds the slice of speed tests: those that a controller asks for, and those of others."""

from functools import partial
from urllib.parse import urlsplit

from forepost.agent.edges.speed.process import SpeedProcess
from forepost.agent.slices import Built, Service, Site
from forepost.agent.speedtests.queue import SpeedtestQueue
from forepost.agent.speedtests.responder import answer
from forepost.agent.speedtests.talk import SpeedtestTalk


async def build(site: Site) -> Built:
    settings = site.settings.speedtest
    queue = SpeedtestQueue(
        settings,
        SpeedProcess(),
        site.edges.host.moved,
        lambda: urlsplit(site.controller_url()).hostname or "",
        site.clock,
        site.known_time,
        site.settings.probes,
    )
    services: dict[str, Service] = {}
    if settings.listen:
        services["speedtest.listen"] = partial(answer, settings, site.node.identity, site.clock)
    if site.settings.uplink.url:
        services["speedtests"] = queue.run
    return Built(services=services, talks=[SpeedtestTalk(queue, site.clock)])
