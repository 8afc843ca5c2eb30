"""What may be shown as a host's name: others write it, into packets and into their DNS."""

from typing import Final

LONGEST: Final = 253


def host_name(text: str) -> str:
    """The name without a dot at its end; empty where it is none.

    Underscores are taken as well: names of services and of devices have them.
    """
    text = text.rstrip(".")
    fits = len(text) <= LONGEST and text.isascii()
    return text if fits and all(c.isalnum() or c in "-._" for c in text) else ""
