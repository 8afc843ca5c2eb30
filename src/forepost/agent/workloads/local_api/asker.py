"""Who asks on the Local API, and for whom it may. Pure.

By default the address of a container says which microservice it is. Programs of this host have no
address of their own: they may ask for those microservices that have none either, and for all where
their user can read all that the agent has anyway.
"""

from collections.abc import Callable, Collection
from typing import Literal

import msgspec

from forepost.kit.host_name import is_loopback

Mode = Literal["address", "token", "open"]


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    is_operator: bool = False
    """It has the token of this host."""
    microservice: str | None = None
    """Which one it is: by its address, or by its own token."""
    is_here: bool = False
    """It comes from an address of this host."""
    is_trusted: Callable[[], bool] = lambda: False
    """Whether it is here, and its process is root's or of the agent's user. Asked only where it
    matters: the kernel is asked for it."""


class NotForYou(Exception):
    """The text says why; `status` is 401 where a token would help."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def is_here(peer: str, gateways: Collection[str]) -> bool:
    return is_loopback(peer) or peer in gateways


def check_for(asker: Asker, mode: Mode, uuid: str, *, is_known: bool, is_on_host: bool) -> None:
    """See that `asker` may ask for `uuid`. `is_known`: there is such a microservice. `is_on_host`:
    it has no address of its own. Raises NotForYou.
    """
    if asker.is_operator or mode == "open" or asker.microservice == uuid:
        return
    if mode == "token":
        raise NotForYou(401, "Authorization: not the token of this microservice")
    if asker.microservice is not None:
        raise NotForYou(403, "id: of another microservice")
    if not asker.is_here:
        raise NotForYou(403, "no microservice has this address")
    if is_known and not is_on_host and not asker.is_trusted():
        raise NotForYou(
            403,
            "id: of a microservice with an address of its own; the token is needed",
        )


def check_any(asker: Asker, mode: Mode) -> None:
    """See that `asker` is a microservice, or a program of this host. Raises NotForYou."""
    if asker.is_operator or mode == "open" or asker.microservice is not None:
        return
    if mode == "token":
        raise NotForYou(401, "Authorization: not the token of a microservice")
    if not asker.is_here:
        raise NotForYou(403, "no microservice has this address")
