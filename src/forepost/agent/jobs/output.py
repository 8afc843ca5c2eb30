"""What is kept of a script's output: its beginning and its end. Pure."""

from typing import Final

from forepost.wire.jobs.delivery import KEPT_OUTPUT, RunOutput

NUL: Final = "\N{REPLACEMENT CHARACTER}"


class ScriptOutput:
    """Grows by pieces; bytes that are no UTF-8 are shown as such."""

    def __init__(self, most: int = KEPT_OUTPUT) -> None:
        self._most = most
        self._head, self._tail = bytearray(), bytearray()
        self.written = 0
        """Bytes of all."""

    def add(self, data: bytes) -> None:
        self.written += len(data)
        room = self._most - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        del self._tail[: -self._most]

    @property
    def kept(self) -> RunOutput:
        left_out = self.written - len(self._head) - len(self._tail)
        return RunOutput(head=_text(self._head), tail=_text(self._tail), left_out_bytes=left_out)

    def since(self, offset: int, most: int) -> tuple[int, str, int]:
        """Return a piece of what was written from `offset` on: where it begins, its text, and where
        the next one begins. What is not kept any more is left out.
        """
        tail_at = self.written - len(self._tail)
        if offset < len(self._head):
            source, base = self._head, 0
        else:
            source, base = self._tail, tail_at
        begin = max(offset, base)
        piece = bytes(source[begin - base : begin - base + most])
        cut = _unfinished(piece) if begin + len(piece) < self.written else 0
        piece = piece[: len(piece) - cut] if cut < len(piece) else piece
        return begin, _text(piece), begin + len(piece)


def _unfinished(piece: bytes) -> int:
    """How many bytes at the end begin a character that goes on."""
    for back in range(1, min(4, len(piece)) + 1):
        byte = piece[-back]
        if byte & 0xC0 == 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return back if back < needed else 0
        if byte & 0x80 == 0:
            return 0
    return 0


def _text(data: bytes | bytearray) -> str:
    return data.decode(errors="replace").replace("\0", NUL)
