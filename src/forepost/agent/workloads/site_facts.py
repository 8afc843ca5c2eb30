"""What agent and host use now, for the Local API and for Controllers of ioFog."""

import platform
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from forepost.agent.edges.host.usage import usage
from forepost.agent.ports.host import Host
from forepost.agent.workloads.local_api.report import AgentFacts
from forepost.kit.clock import Clock

LOOK_SEC: Final = 5.0
NETWORK_EVERY: Final = 12
"""Looks: routes are many on some hosts, and change seldom."""


class SiteFacts:
    def __init__(
        self,
        host: Host,
        version: str,
        state_dir: Path,
        connection: Callable[[AgentFacts], AgentFacts],
        clock: Clock,
    ) -> None:
        """`connection` fills in what is known of the controller at the moment of a question."""
        self._host, self._state_dir, self._clock = host, state_dir, clock
        self._connection = connection
        self._cpu = (clock.monotonic(), 0.0)
        self._looks = 0
        self._facts = AgentFacts(
            version=version, architecture=platform.machine(), state_dir=str(state_dir)
        )

    def now(self) -> AgentFacts:
        """What was found last."""
        return self._connection(self._facts)

    async def run(self) -> None:
        """Look again and again, for ever."""
        while True:
            self._look()
            await self._clock.sleep(LOOK_SEC)

    def _look(self) -> None:
        if self._looks % NETWORK_EVERY == 0:
            self._look_at_network()
        self._looks += 1
        user_sec, system_sec, resident_kib, _ = usage()
        now, used = self._clock.monotonic(), user_sec + system_sec
        before, used_before = self._cpu
        self._cpu = now, used
        share = 100 * (used - used_before) / (now - before) if now > before else 0.0
        busy = self._host.busy(now)
        disk = shutil.disk_usage(self._state_dir)
        memory = self._host.memory()
        self._facts = msgspec.structs.replace(
            self._facts,
            memory_bytes=resident_kib << 10,
            cpu_percent=min(share, 100.0),
            available_disk_bytes=disk.free,
            total_disk_bytes=disk.total,
            available_memory_bytes=memory.available_bytes,
            total_cpu_percent=100.0 - busy.cpu.idle if busy.cpu is not None else 0.0,
        )

    def _look_at_network(self) -> None:
        interfaces, _, route = self._host.network()
        found = next((one for one in interfaces if one.name == route.interface), None)
        first = next(iter([*found.ipv4, *found.ipv6]), "") if found is not None else ""
        self._facts = msgspec.structs.replace(
            self._facts, network_interface=route.interface, ip_address=first.partition("/")[0]
        )
