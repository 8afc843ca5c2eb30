"""Which name an address was last looked up by: the DNS hint cache. Pure.

Kept between starts as text, an address and a name a line, the oldest first.
"""

import ipaddress
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from forepost.kit.host_name import LONGEST

MOST_HINTS: Final = 10_000
SEPARATOR: Final = "\t"


class Hints:
    """Least recently used go first. Only addresses that are not of this site are worth a hint."""

    def __init__(self, most: int = MOST_HINTS) -> None:
        self._most = most
        self._names: OrderedDict[bytes, str] = OrderedDict()
        self.changed = False
        """Since somebody last set it to False."""

    def __len__(self) -> int:
        return len(self._names)

    def learn(self, name: str, addresses: Iterable[bytes]) -> None:
        for address in addresses:
            if not _is_public(address):
                continue
            self._names[address] = name
            self._names.move_to_end(address)
            self.changed = True
            if len(self._names) > self._most:
                self._names.popitem(last=False)

    def name_of(self, address: bytes) -> str:
        """Empty where it was never looked up."""
        name = self._names.get(address)
        if name is None:
            return ""
        self._names.move_to_end(address)
        return name

    def text(self) -> str:
        return "".join(
            f"{ipaddress.ip_address(address)}{SEPARATOR}{name}\n"
            for address, name in self._names.items()
        )

    def read(self, text: str) -> int:
        """Take what `text` made; return how many lines were not understood."""
        wrong = 0
        for line in text.splitlines():
            address, _, name = line.partition(SEPARATOR)
            try:
                packed = ipaddress.ip_address(address).packed
            except ValueError:
                wrong += 1
                continue
            if name and len(name) <= LONGEST:
                self.learn(name, [packed])
            else:
                wrong += 1
        self.changed = False
        return wrong


def _is_public(address: bytes) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


def hint_text(data: bytes) -> str:
    """Raises ValueError where a line is no hint."""
    text = data.decode()
    if wrong := Hints().read(text):
        raise ValueError(f"{wrong} lines are not understood")
    return text
