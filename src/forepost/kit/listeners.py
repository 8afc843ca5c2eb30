"""Addresses to listen on, as settings write them: HOST:PORT, IPv6 in brackets."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address
from typing import Final

from forepost.kit.dead_peers import give_up_dead
from forepost.kit.program import CannotStart
from forepost.kit.settings import WrongSettings

BACKLOG: Final = 2_048
ALL_V4: Final = "0.0.0.0"  # noqa: S104 - a comparison


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


def listed(wanted: str | Sequence[str], key: str) -> tuple[str, ...]:
    """One address, or several that do not overlap. Raises WrongSettings."""
    texts = (wanted,) if isinstance(wanted, str) else tuple(wanted)
    if not texts:
        raise WrongSettings(f"{key}: names no address")
    places = [host_port(text, key) for text in texts]
    for number, place in enumerate(places):
        for before, other in enumerate(places[:number]):
            if _overlap(place, other):
                raise WrongSettings(
                    f"{key}: {texts[number]} and {texts[before]} overlap: leave one of them out"
                    + (" ([::] is IPv4 too)" if "::" in (place[0], other[0]) else "")
                )
    return texts


def _overlap(one: tuple[str, int], other: tuple[str, int]) -> bool:
    """By what is written: names are nobody's before they are looked up."""
    if one[1] != other[1]:
        return False
    hosts = {_plain(one[0]), _plain(other[0])}
    if len(hosts) == 1 or "::" in hosts:
        return True
    return ALL_V4 in hosts and all(":" not in host for host in hosts)


def _plain(host: str) -> str:
    try:
        return str(ip_address(host)) if host else ALL_V4
    except ValueError:
        return host.lower()


@contextmanager
def bound_all(texts: Sequence[str], key: str) -> Iterator[list[socket.socket]]:
    """As `bound`, for each of them."""
    with ExitStack() as stack:
        yield [stack.enter_context(bound(text, key)) for text in texts]


def bound(text: str, key: str) -> socket.socket:
    """A TCP socket that listens there, and gives up whoever it accepted and is gone; at `[::]` for
    IPv4 too.

    Raises WrongSettings, and CannotStart with the reason.
    """
    host, port = host_port(text, key)
    try:
        family, *_, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.create_server(
            address[:2], family=family, backlog=BACKLOG, dualstack_ipv6=host == "::"
        )
        give_up_dead(listening)
    except OSError as error:
        raise CannotStart(f"{key}: {text}: {error.strerror or error}") from None
    return listening
