"""Talks to a mail server up to its extensions, inside TLS where it is wanted, and logs in."""

from base64 import b64encode
from typing import Final

from forepost.agent.ports.dialer import Failed
from forepost.agent.ports.edges import Edges
from forepost.agent.probes.hostport import host_port
from forepost.agent.probes.services.service import Service
from forepost.kit.clock import Clock
from forepost.wire.probes.smtp import SmtpOptions, SmtpResult

PORT, TLS_PORT = 25, 465
NAME: Final = "forepost.invalid"
MOST_EXTENSIONS: Final = 100
MOST_SHOWN: Final = 300


async def run(options: SmtpOptions, target: str, clock: Clock, edges: Edges) -> SmtpResult:
    async def talk(service: Service) -> None:
        with service.part("greeting"):
            greeting = await service.replies.reply()
            service.know(greeting=greeting[0][4:][:MOST_SHOWN])
            _check(greeting, "220")
        offered = await _hello(service, options.helo or NAME)
        if options.starttls:
            with service.part("starttls"):
                if "STARTTLS" not in (one.upper() for one in offered):
                    raise Failed("wrong", "the server does not offer it")
                await service.say(b"STARTTLS\r\n")
                _check(await service.replies.reply(), "220")
            await service.secure()
            offered = await _hello(service, options.helo or NAME)
        if options.username:
            await _log_in(service, options, offered)
        with service.part("quit"):
            await service.say(b"QUIT\r\n")

    service = Service(options, target, clock, edges)
    port = TLS_PORT if options.tls else PORT
    await service.run(lambda: host_port(target, port), talk, alpn=() if options.tls else None)
    return SmtpResult(**service.told())


async def _hello(service: Service, name: str) -> list[str]:
    with service.part("hello"):
        await service.say(f"EHLO {name}\r\n".encode())
        lines = await service.replies.reply()
        _check(lines, "250")
        offered = [line[4:].strip() for line in lines[1:]]
        shown = [one[:MOST_SHOWN] for one in offered[:MOST_EXTENSIONS]]
        service.know(extensions=shown)
        return offered


async def _log_in(service: Service, options: SmtpOptions, offered: list[str]) -> None:
    with service.part("login"):
        ways = [words[1:] for one in offered if (words := one.upper().split())[:1] == ["AUTH"]]
        if not any("PLAIN" in way for way in ways):
            raise Failed("wrong", "the server does not offer AUTH PLAIN")
        secret = b64encode(f"\0{options.username}\0{options.password}".encode())
        await service.say(b"AUTH PLAIN " + secret + b"\r\n")
        lines = await service.replies.reply()
        if not lines[-1].startswith("235"):
            # What else it says may repeat what it was told.
            raise Failed("wrong", f"the server refuses the password: {lines[-1][:3]}")
        service.know(logged_in=True)


def _check(lines: list[str], wanted: str) -> None:
    if not lines[-1].startswith(wanted):
        raise Failed("wrong", f"the server says {lines[-1][:MOST_SHOWN]}")
