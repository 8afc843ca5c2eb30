"""What a DNS server answered."""

import msgspec

from forepost.wire.probes.dns import DnsAnswer


class DnsReply(msgspec.Struct, frozen=True, kw_only=True):
    """An answer as its message says it; `code` "ERROR": there is none."""

    code: str = "ERROR"
    answers: list[DnsAnswer] = []
    text: str = ""
    truncated: bool = False
    authoritative: bool = False
    authenticated: bool = False
