"""How a DNS server is asked, and what it answered."""

from typing import Final

import msgspec

from forepost.wire.probes.dns import DnsAnswer, DnsClass

UDP_BYTES: Final = 1_232
"""What fits in one packet everywhere (DNS flag day 2020)."""
OTHER_ID: Final = "another id"
"""Why a message is no answer, before anything else of it is read."""


class DnsManner(msgspec.Struct, frozen=True, kw_only=True):
    """How to ask, whatever is asked for."""

    record_class: DnsClass = "IN"
    recursion_desired: bool = True
    edns_size: int = UDP_BYTES
    """0: without EDNS."""
    dnssec_ok: bool = False

    def without_edns(self) -> "DnsManner":
        return msgspec.structs.replace(self, edns_size=0, dnssec_ok=False)


USUAL: Final = DnsManner()


class DnsReply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as its message says it; `code` "ERROR": there is none."""

    code: str = "ERROR"
    answers: list[DnsAnswer] = []
    text: str = ""
    truncated: bool = False
    authoritative: bool = False
    authenticated: bool = False
    recursion_available: bool = False
    has_edns: bool = False
    """The server knows EDNS, whatever it says to it."""

    def values(self, record_type: str) -> list[str]:
        """Return what it has of one type, sorted."""
        asked = record_type.upper()
        return sorted({one.value for one in self.answers if asked in (one.type, "ANY")})
