"""Who began a flow, where that was not seen too. Pure."""

from typing import Final

from forepost.agent.flows.services import serves
from forepost.wire.flows.meter import FIRST_FLAGS_AT, INITIATOR_AT, PORTS_AT, PROTOCOL_AT

TCP, UDP = 6, 17
SYN, RST, ACK = 2, 4, 16
_PORTS: Final = slice(PORTS_AT, PORTS_AT + 2), slice(PORTS_AT + 2, PORTS_AT + 4)


def a_began(key: bytes, row: bytes, client: int | None) -> bool:
    """Whether the first of the two addresses asked the other. `client`: what was found out of it
    elsewhere, 0 for the first.

    A SYN, and a SYN+ACK, say it. Where they were not seen: who asks in the protocol; an RST, which
    answers; the port of a service; of TCP the higher port; else whose packet was the first.
    """
    first_was_a = row[INITIATOR_AT] == 0
    protocol = key[PROTOCOL_AT]
    flags = row[FIRST_FLAGS_AT] if protocol == TCP else 0
    if flags & SYN:
        return first_was_a != bool(flags & ACK)
    if client is not None:
        return client == 0
    if flags & RST:
        return not first_was_a
    if protocol not in (TCP, UDP):
        return first_was_a
    one, other = (int.from_bytes(key[part]) for part in _PORTS)
    is_service = serves(protocol, one, other)
    if is_service is not None:
        return not is_service
    return one > other if protocol == TCP and one != other else first_was_a
