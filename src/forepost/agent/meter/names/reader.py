"""Fields out of bytes that come from anywhere."""

from forepost.kit.host_name import host_name


class Short(Exception):
    """It ends before what it announces; more bytes may come."""


class Unreadable(Exception):
    """It is not what it seemed to be."""


class Reader:
    """Reads on from a place; raises Short behind the end."""

    __slots__ = ("_end", "at", "data")

    def __init__(self, data: bytes, at: int = 0, end: int | None = None) -> None:
        self.data, self.at = data, at
        self._end = len(data) if end is None else end

    @property
    def left(self) -> int:
        return self._end - self.at

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size))

    def take(self, size: int) -> bytes:
        if size > self.left:
            raise Short
        self.at += size
        return self.data[self.at - size : self.at]

    def skip(self, size: int) -> None:
        if size > self.left:
            raise Short
        self.at += size

    def inside(self, size_of_length: int) -> "Reader":
        """What follows a length of so many bytes, as a reader of its own."""
        size = self.number(size_of_length)
        if size > self.left:
            raise Short
        self.at += size
        return Reader(self.data, self.at - size, self.at)

    def rest(self) -> bytes:
        return self.take(self.left)


def host_name_of(raw: bytes) -> str:
    """A DNS name as people read it, in lower case; empty where it is none."""
    return host_name(raw.decode("ascii", "replace").lower())


def words(raw: bytes, most: int = 200) -> str:
    """Text of any kind, without control characters, `most` characters of it."""
    text = raw[: 4 * most].decode("utf-8", "replace")
    return "".join(c if c.isprintable() else " " for c in text).strip()[:most]
