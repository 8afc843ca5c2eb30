"""Names of hosts: what may be shown of one (others write it, into packets and into their DNS), and
which lead nowhere but here. Pure.
"""

from ipaddress import ip_address
from typing import Final

LONGEST: Final = 253


def host_name(text: str) -> str:
    """The name without a dot at its end; empty where it is none.

    Underscores are taken as well: names of services and of devices have them.
    """
    text = text.rstrip(".")
    fits = len(text) <= LONGEST and text.isascii()
    return text if fits and all(c.isalnum() or c in "-._" for c in text) else ""


def is_loopback(host: str) -> bool:
    """By what is written: a name that leads there today may lead elsewhere tomorrow."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
