"""Addresses to listen on, as settings write them: HOST:PORT, IPv6 in brackets."""

import socket
from typing import Final

from forepost.kit.dead_peers import give_up_dead
from forepost.kit.program import CannotStart
from forepost.kit.settings import WrongSettings

BACKLOG: Final = 2_048


def host_port(text: str, key: str) -> tuple[str, int]:
    """Host without brackets, and port. Raises WrongSettings, which names the key."""
    host, found, port = text.rpartition(":")
    if not found or not (port.isascii() and port.isdigit()):
        raise WrongSettings(f"{key}: {text!r} is not HOST:PORT")
    if not 0 < int(port) < 65_536:
        raise WrongSettings(f"{key}: {text!r}: a port is a number from 1 to 65535")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise WrongSettings(f"{key}: {text!r}: an IPv6 address stands in brackets")
    return host.strip("[]"), int(port)


def bound(text: str, key: str) -> socket.socket:
    """A TCP socket that listens there, and gives up whoever it accepted and is gone.

    Raises WrongSettings, and CannotStart with the reason.
    """
    host, port = host_port(text, key)
    try:
        family, *_, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.create_server(address[:2], family=family, backlog=BACKLOG)
        give_up_dead(listening)
    except OSError as error:
        raise CannotStart(f"{key}: {text}: {error.strerror or error}") from None
    return listening
