"""What a result says of a route, an address or a certificate. Pure."""

from typing import Final, Literal

import msgspec

from forepost.controller.payloads import said_by
from forepost.controller.payloads.mtr import Mtr
from forepost.controller.payloads.netinfo import Netinfo
from forepost.controller.payloads.tls import Tls
from forepost.controller.series.port import Row
from forepost.wire.disclosure import public_target

Observed = Literal["route", "address", "certificate"]
TYPES: Final = frozenset({"MTR", "NETINFO", "TLS"})
LONGEST_VALUE: Final = 200
LONGEST_WORDS: Final = 1_000
LONGEST_TARGET: Final = 500
Key = tuple[int, int, Observed, str]
"""agent, probe (0: of the agent itself), kind, target"""


class Observation(msgspec.Struct, frozen=True):
    """`value` is what is compared, `words` what is read."""

    key: Key
    value: str
    words: str
    at_us: int


def observed(row: Row) -> Observation | None:
    """None: it says nothing of these."""
    said = said_by(row)
    at_us = min(row.created_us, row.received_us)
    target = public_target(row.target)[:LONGEST_TARGET]
    match said:
        case Mtr(fingerprint=fingerprint) if fingerprint and row.probe_id:
            key: Key = (row.agent_id, row.probe_id, "route", target)
            return _of(key, fingerprint, _hops(said), at_us)
        case Netinfo(public_address=address) if address:
            return _of((row.agent_id, 0, "address", ""), address, address, at_us)
        case Tls(cert_fingerprint=fingerprint) if fingerprint and row.probe_id:
            key = (row.agent_id, row.probe_id, "certificate", target)
            return _of(key, fingerprint, _validity(said), at_us)
        case _:
            return None


def text_of(kind: Observed, before: Observation, after: Observation) -> str:
    match kind:
        case "route":
            return f"the route was {before.words}, and is {after.words}"
        case "address":
            return f"the public address was {before.words}, and is {after.words}"
        case "certificate":
            return f"another certificate: {after.words}; the one before: {before.words}"


def _of(key: Key, value: str, words: str, at_us: int) -> Observation:
    return Observation(key, value[:LONGEST_VALUE], words[:LONGEST_WORDS], at_us)


def _hops(said: Mtr) -> str:
    hops = ["/".join(sorted(h.ip for h in hop.hosts or () if h.ip)) or "*" for hop in said.hops]
    return " → ".join(hops)


def _validity(said: Tls) -> str:
    days = said.days_until_expiry
    return "valid" if days is None else f"valid for {days:.0f} days more"
