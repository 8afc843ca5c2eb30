"""What a peer says over a stream, in lines or in bytes, all of it together bounded."""

from typing import Final

from forepost.agent.ports.dialer import Failed, Stream

MOST_BYTES: Final = 65_536


class ReplyReader:
    """What came and was not looked at yet."""

    def __init__(self, stream: Stream, *, before: str = "") -> None:
        """`before`: until when the bound holds, for whoever reads the reason."""
        self._stream, self._before = stream, before
        self._came = bytearray()
        self._taken = 0
        """Bytes of what came that were looked at already."""
        self._bytes = 0

    @property
    def rest(self) -> bytes:
        return bytes(self._came[self._taken :])

    def check_nothing_left(self) -> None:
        """Before TLS: what was said in the clear is not to be taken for what is said in it. Raises
        Failed.
        """
        if self.rest:
            raise Failed("wrong", "it says more in plain text, where TLS has to begin")

    async def say(self, data: bytes) -> None:
        """Raises Failed."""
        await self._stream.send(data)

    async def take(self, length: int) -> bytes:
        """Return so many bytes. Raises Failed."""
        while len(self._came) - self._taken < length:
            await self._more()
        taken = bytes(self._came[self._taken : self._taken + length])
        self._taken += length
        return taken

    async def line(self) -> str:
        """Return a line without its end. Raises Failed."""
        return (await self.until((b"\n",))).decode("latin-1").rstrip("\r\n")

    async def until(self, ends: tuple[bytes, ...]) -> bytes:
        """Return what comes up to the first of these, with it. Raises Failed."""
        looked_at = 0
        longest = max(map(len, ends))
        while True:
            start = self._taken + max(0, looked_at - longest)
            places = [(self._came.find(end, start), end) for end in ends]
            if found := [(place, end) for place, end in places if place >= 0]:
                place, end = min(found)
                return await self.take(place + len(end) - self._taken)
            looked_at = len(self._came) - self._taken
            await self._more()

    async def reply(self) -> list[str]:
        """Return the lines of a reply of SMTP or FTP: the last one has a space after its number.
        What does not begin with a number is none, and is one line. Raises Failed.
        """
        lines = [line := await self.line()]
        is_reply = line[:3].isdecimal()
        while is_reply and not (line[:3].isdecimal() and line[3:4] in ("", " ")):
            lines.append(line := await self.line())
        return lines

    async def _more(self) -> None:
        data = await self._stream.receive()
        if not data:
            said = f", after {self.rest[:100].decode('latin-1')!r}" if self.rest else ""
            raise Failed("closed", f"the connection was closed{said}")
        del self._came[: self._taken]
        self._taken = 0
        self._came += data
        self._bytes += len(data)
        if self._bytes > MOST_BYTES:
            raise Failed("wrong", f"more than {MOST_BYTES >> 10} KiB{self._before}")
