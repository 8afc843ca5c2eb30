"""How this agent comes to a key that its controller knows, where its settings say that it is."""

import logging

import msgspec

from forepost.agent.node import Identity, Node
from forepost.agent.uplink.enroll import Refused, enroll, standing, unknown_at

_log = logging.getLogger(__name__)


async def admitted(node: Node, wanted: Identity, pin: str, *, may_move: bool) -> Identity:
    """Who this agent is. Raises Refused in words, LostIdentity, Unreachable, OSError: whoever asks
    again later is answered by what is on disk then.

    `wanted` is what the settings say, without a PSK. What is on disk stays until another key, or
    another address, has worked.
    """
    found = node.proven_identity()
    if found is None or _numbers(found) != _numbers(wanted):
        return await _enrolled(node, wanted, pin)
    if wanted.url not in (found.url, found.home):
        return await _moved(node, found, wanted, pin)
    is_away = may_move and found.url != wanted.url
    now = msgspec.structs.replace(
        wanted,
        psk=found.psk,
        url=found.url if is_away else wanted.url,
        home=wanted.url if is_away else "",
    )
    if now != found:
        node.keep(now)
    return now


async def _enrolled(node: Node, wanted: Identity, pin: str) -> Identity:
    if not pin:
        raise Refused(
            f"this host has no key of {wanted.named}: issue a PIN there and run `forepost join`,"
            " or a provisioning key and `forepost provision`"
        )
    identity = await enroll(node, wanted, pin)
    _log.info("enrolled: this host is %s", identity.named)
    return identity


async def _moved(node: Node, found: Identity, wanted: Identity, pin: str) -> Identity:
    """The settings name another address: the same controller may be there, or another one."""
    there = msgspec.structs.replace(wanted, psk=found.psk)
    match await standing(node.way, there):
        case "known":
            node.keep(there)
            _log.info("%s is at %s now", found.named, there.url)
            return there
        case "removed":
            raise Refused(
                f"the controller at {wanted.url} has removed agent {wanted.agent_id}: make a new"
                f" one there, or bring back uplink.url = {found.url} (the key of before is kept)"
            )
    if not pin:
        raise Refused(unknown_at(wanted.url))
    try:
        return await _enrolled(node, wanted, pin)
    except Refused as error:
        raise Refused(f"{unknown_at(wanted.url)}; uplink.pin does not help: {error}") from None


def _numbers(identity: Identity) -> tuple[int, int]:
    return identity.workspace_id, identity.agent_id
