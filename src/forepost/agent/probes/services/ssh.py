"""Hears how an SSH server greets (RFC 4253, 4.2), and greets it."""

from typing import Final

from forepost.agent.ports.dialer import Failed
from forepost.agent.ports.edges import Edges
from forepost.agent.probes.hostport import host_port
from forepost.agent.probes.services.service import Service
from forepost.kit.clock import Clock
from forepost.wire.probes.ssh import SshOptions, SshResult

PORT: Final = 22
LONGEST_LINE: Final = 255
OURS: Final = b"SSH-2.0-forepost\r\n"


async def run(options: SshOptions, target: str, clock: Clock, edges: Edges) -> SshResult:
    async def talk(service: Service) -> None:
        with service.part("greeting"):
            # A server may say other lines first, which begin with something else.
            while not (line := await service.replies.line()).startswith("SSH-"):
                continue
            await service.say(OURS)
            if len(line) > LONGEST_LINE:
                raise Failed("wrong", "it is longer than SSH lets it be")
            names, _, comments = line.partition(" ")
            _, version, software = [*names.split("-", 2), "", ""][:3]
            service.know(protocol_version=version, software=software, comments=comments)
            if version not in ("2.0", "1.99"):
                raise Failed("wrong", f"it speaks version {version[:20] or 'nothing'}, and not 2.0")
            if options.expected_software not in software:
                raise Failed("wrong", "it is other software than was expected")

    service = Service(options, target, clock, edges)
    await service.run(lambda: host_port(target, PORT), talk)
    return SshResult(**service.told())
