"""A client of WHOIS (RFC 3912): one line out, text in until the server closes."""

from typing import Final

import anyio
from anyio.abc import ByteStream

from forepost.controller.lookup.store import RegistryText
from forepost.controller.lookup.whois_text import (
    Server,
    referral_of,
    registration_of,
    text_of,
    together,
)
from forepost.controller.outgoing.calls import Calls, Unallowed, Unsent
from forepost.kit.errors import Unavailable

LONGEST: Final = 256 << 10
"""Bytes of one answer; what is longer is cut."""
MOST_REFERRALS: Final = 3
_DIALECTS: Final = {
    # ARIN lists networks in short without "+"; the others take the name for one of several kinds.
    "whois.arin.net": "n + {}",
    "whois.denic.de": "-T dn,ace {}",
    "whois.verisign-grs.com": "domain {}",
}


class WhoisClient:
    def __init__(self, calls: Calls, first: Server) -> None:
        self._calls, self._first = calls, first

    async def ask(self, query: str) -> RegistryText:
        """Follow referrals from the first server to who knows. Raises Unavailable."""
        texts = [await self._asked(self._first, query)]
        known = {self._first}
        for _ in range(MOST_REFERRALS):
            referral = referral_of(texts[-1])
            if referral is None or referral.server in known:
                break
            known.add(referral.server)
            try:
                text = await self._asked(referral.server, query)
            except Unavailable:
                if referral.kind == "registry":
                    raise
                break
            if referral.kind == "registrar":
                texts.append(text)
            else:
                texts[-1] = text
        return RegistryText(
            "\n\n".join(texts), together([registration_of(text, query) for text in texts])
        )

    async def _asked(self, server: Server, query: str) -> str:
        line = _DIALECTS.get(server.host, "{}").format(query)

        async def say(stream: ByteStream) -> bytes:
            await stream.send(f"{line}\r\n".encode())
            return await _until_closed(stream)

        try:
            text = text_of(await self._calls.call(server.host, server.port, say))
        except Unallowed as reason:
            raise Unavailable(
                f"WHOIS: {server}: {reason} (lookups.allow_private_servers)"
            ) from None
        except Unsent as reason:
            raise Unavailable(f"WHOIS: {server}: {reason}") from None
        if not text:
            raise Unavailable(f"WHOIS: {server}: it said nothing")
        return text


async def _until_closed(stream: ByteStream) -> bytes:
    data = b""
    while len(data) < LONGEST:
        try:
            data += await stream.receive()
        except anyio.EndOfStream:
            break
        except anyio.BrokenResourceError:
            if not data:
                raise
            break  # servers that reset instead of closing have said what they had
    return data[:LONGEST]
