"""Asks a Redis server for a PONG, in RESP 2."""

import re
from typing import Final

from forepost.agent.ports.dialer import Failed
from forepost.agent.ports.edges import Edges
from forepost.agent.probes.hostport import host_port
from forepost.agent.probes.services.service import Service
from forepost.kit.clock import Clock
from forepost.wire.probes.redis import RedisOptions, RedisResult

PORT: Final = 6_379
MOST_INFO: Final = 32_768
MOST_SHOWN: Final = 100
_FACT: Final = re.compile(rb"^(redis_version|role|redis_mode):([!-~]{1,100})\r?$", re.MULTILINE)


async def run(options: RedisOptions, target: str, clock: Clock, edges: Edges) -> RedisResult:
    async def talk(service: Service) -> None:
        if options.password:
            with service.part("login"):
                user = [options.username] if options.username else []
                await _ask(service, "AUTH", *user, options.password, quotes=False)
        with service.part("ping"):
            if (said := await _ask(service, "PING")) != b"PONG":
                raise Failed("wrong", f"the server says {said[:MOST_SHOWN]!r}")
        with service.part("info"):
            await _know_of_itself(service)

    service = Service(options, target, clock, edges)
    await service.run(lambda: host_port(target, PORT), talk, alpn=() if options.tls else None)
    return RedisResult(**service.told())


async def _know_of_itself(service: Service) -> None:
    """Not everybody is told, and not every server like it has it."""
    try:
        found = dict(_FACT.findall(await _ask(service, "INFO", "server")))
        found |= dict(_FACT.findall(await _ask(service, "INFO", "replication")))
    except _Refused:
        return
    service.know(
        version=found.get(b"redis_version", b"").decode(),
        role=(found.get(b"role") or b"").decode(),
    )


class _Refused(Failed):
    """The server understood, and said no."""


async def _ask(service: Service, *words: str, quotes: bool = True) -> bytes:
    """Return a simple or a bulk string. `quotes`: whether a refusal may be repeated."""
    sent = [f"*{len(words)}\r\n".encode()]
    for word in words:
        data = word.encode()
        sent.append(b"$%d\r\n%s\r\n" % (len(data), data))
    await service.say(b"".join(sent))
    kind, rest = (line := await service.replies.line())[:1], line[1:]
    match kind:
        case "+":
            return rest.encode("latin-1")
        case "-":
            reason = rest[:MOST_SHOWN] if quotes else rest.partition(" ")[0][:MOST_SHOWN]
            raise _Refused("wrong", f"the server refuses: {reason}")
        case "$" if rest.isascii() and rest.isdigit() and int(rest[:9]) <= MOST_INFO:
            return (await service.replies.take(int(rest) + 2))[:-2]
        case _:
            raise Failed("wrong", f"this is no Redis: {line[:MOST_SHOWN]!r}")
