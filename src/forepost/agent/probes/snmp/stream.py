"""SNMP over TCP (RFC 3430): messages end where their encoding says."""

from typing import Final

from forepost.agent.ports.dialer import Failed, Stream
from forepost.agent.probes.snmp import ber

MOST_BYTES: Final = 1 << 16


class SnmpStream:
    """Datagrams over a stream."""

    def __init__(self, stream: Stream) -> None:
        self._stream, self._heard = stream, b""

    async def send(self, data: bytes) -> None:
        await self._stream.send(data)

    async def receive(self) -> bytes:
        """Return one whole message. Raises Failed."""
        while True:
            try:
                found = ber.header(self._heard)
            except ber.BerError as error:
                raise Failed("wrong", f"no message of SNMP: {error}") from None
            if found is not None:
                tag, _, end = found
                if tag != ber.SEQUENCE or end > MOST_BYTES:
                    raise Failed("wrong", "no message of SNMP, or a longer one than is borne")
                if len(self._heard) >= end:
                    whole, self._heard = self._heard[:end], self._heard[end:]
                    return whole
            more = await self._stream.receive()
            if not more:
                raise Failed("closed", "the connection was closed without an answer")
            self._heard += more

    def close(self) -> None:
        self._stream.close()
