"""The agent's settings: one TOML file, or `FOREPOST_SECTION__KEY` in the environment."""

import os
from collections.abc import Mapping
from pathlib import Path

from forepost.agent.settings.jobs import AgentApiSection, JobsSection
from forepost.agent.settings.line import SpoolSection, UplinkSection
from forepost.agent.settings.measurement import (
    ProbesSection,
    SpeedtestSection,
    SpeedtestServerSection,
)
from forepost.agent.settings.traffic import FlowRule, FlowsSection, SinkSection, SocketSection
from forepost.agent.settings.workloads import LocalApiSection, WorkloadsSection
from forepost.kit.listeners import host_port
from forepost.kit.settings import Section, load

__all__ = [
    "AgentApiSection",
    "FlowRule",
    "FlowsSection",
    "JobsSection",
    "LocalApiSection",
    "NodeSection",
    "ProbesSection",
    "Settings",
    "SinkSection",
    "SocketSection",
    "SpeedtestSection",
    "SpeedtestServerSection",
    "SpoolSection",
    "UplinkSection",
    "WorkloadsSection",
    "read",
]


class NodeSection(Section, frozen=True, kw_only=True):
    name: str = ""
    """What this host is called; empty: its host name."""
    state_dir: str = "/var/lib/forepost/agent"


class Settings(Section, frozen=True, kw_only=True):
    node: NodeSection = NodeSection()
    uplink: UplinkSection = UplinkSection()
    spool: SpoolSection = SpoolSection()
    speedtest: SpeedtestSection = SpeedtestSection()
    probes: ProbesSection = ProbesSection()
    socket: SocketSection = SocketSection()
    flows: FlowsSection = FlowsSection()
    local_api: LocalApiSection = LocalApiSection()
    workloads: WorkloadsSection = WorkloadsSection()
    jobs: JobsSection = JobsSection()
    agent_api: AgentApiSection = AgentApiSection()

    @property
    def has_jobs(self) -> bool:
        return self.jobs != JobsSection() or self.agent_api.client_api_enabled

    @property
    def serves_local_api(self) -> bool:
        if self.local_api.enabled is None:
            return self.workloads.engine != "off"
        return self.local_api.enabled


def read(path: Path | None, env: Mapping[str, str] = os.environ) -> Settings:
    """Raises `forepost.kit.settings.WrongSettings`."""
    settings = load(path, Settings, env)
    if settings.speedtest.listen:
        host_port(settings.speedtest.listen, "speedtest.listen")
    return settings
