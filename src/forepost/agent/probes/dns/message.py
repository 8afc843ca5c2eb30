"""DNS messages: the question as bytes, and what an answer says. Pure.

Imports dnspython (1.4 MiB resident): it is imported by the first DNS probe.
"""

import ipaddress
import itertools
import secrets
import struct
from collections.abc import Iterator
from typing import Final

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.txtbase
import dns.reversename
import dns.rrset

from forepost.agent.probes.dns.reply import OTHER_ID, USUAL, DnsManner, DnsReply
from forepost.kit.idna_name import a_labels
from forepost.wire.probes.dns import DnsAnswer

MOST_ANSWERS: Final = 200
MOST_TEXT: Final = 16_384
MOST_RECORDS: Final = 1_000
"""Of one message: with names as long as they may be, 4,000 take 0.7 s."""
_HEADER: Final = struct.Struct("!6H")
_PLAIN: Final = range(0x20, 0x7F)


class NoQuestion(ValueError):
    """It cannot be asked; the text says why."""


class NoAnswer(Exception):
    """A message that is no answer to our question; the text says why."""


class Question:
    """One name and type, with a number that only we know."""

    def __init__(
        self, name: str, record_type: str, manner: DnsManner = USUAL, *, numbered: bool = True
    ) -> None:
        """Unnumbered (0) over HTTPS, for the sake of caches (RFC 8484). Raises NoQuestion."""
        try:
            kind = dns.rdatatype.from_text(record_type)
            asked = _asked(name, kind)
        except (dns.exception.DNSException, ValueError) as error:
            raise NoQuestion(
                f"{name} {record_type}: {str(error) or type(error).__name__}"
            ) from None
        self.has_edns = manner.edns_size > 0
        self._message = dns.message.make_query(
            asked,
            kind,
            dns.rdataclass.from_text(manner.record_class),
            use_edns=0 if self.has_edns else False,
            want_dnssec=manner.dnssec_ok,
            payload=manner.edns_size,
            id=secrets.randbelow(1 << 16) if numbered else 0,
            flags=_flags(manner),
        )
        self.wire: bytes = self._message.to_wire()

    def read(self, data: bytes) -> DnsReply:
        """Raises NoAnswer."""
        try:
            # By the header first: what floods us costs little.
            number, flags, *counts = _HEADER.unpack_from(data)
        except struct.error:
            raise NoAnswer("malformed: shorter than a header") from None
        if number != self._message.id:
            raise NoAnswer(OTHER_ID)
        if not flags & dns.flags.QR:
            raise NoAnswer("a question")
        if sum(counts) > MOST_RECORDS:
            raise NoAnswer(f"more than {MOST_RECORDS:,} records")
        try:
            message = dns.message.from_wire(data, ignore_trailing=True, raise_on_truncation=False)
            # A server that could not read the question need not repeat it.
            if message.question != self._message.question and message.question:
                raise NoAnswer("an answer to another question")
            if not message.question and message.rcode() == dns.rcode.NOERROR:
                raise NoAnswer("an answer to no question")
            return DnsReply(
                code=dns.rcode.to_text(message.rcode()),
                answers=list(itertools.islice(_answers(message), MOST_ANSWERS)),
                text=message.to_text()[:MOST_TEXT],
                truncated=bool(message.flags & dns.flags.TC),
                authoritative=bool(message.flags & dns.flags.AA),
                authenticated=bool(message.flags & dns.flags.AD),
                recursion_available=bool(message.flags & dns.flags.RA),
                has_edns=message.edns >= 0,
            )
        except (dns.exception.DNSException, ValueError) as error:
            raise NoAnswer(f"malformed: {str(error) or type(error).__name__}") from None


def _flags(manner: DnsManner) -> int:
    """AD asks to be told whether the answer was checked (RFC 6840, 5.7); it is left out for servers
    as old as DNS without EDNS.
    """
    wanted = dns.flags.RD if manner.recursion_desired else 0
    return wanted | (dns.flags.AD if manner.edns_size else 0)


def _asked(name: str, kind: dns.rdatatype.RdataType) -> dns.name.Name:
    if kind == dns.rdatatype.PTR:
        try:
            return dns.reversename.from_address(str(ipaddress.ip_address(name)))
        except ValueError:
            pass  # a name then, of which a PTR is asked
    return dns.name.from_text(a_labels(name))


def _answers(message: dns.message.Message) -> Iterator[DnsAnswer]:
    for rrset in message.answer:
        name, kind = rrset.name.to_text(), dns.rdatatype.to_text(rrset.rdtype)
        for rdata in rrset:
            value, strings = _shown(rdata)
            yield DnsAnswer(name=name, type=kind, value=value, ttl=rrset.ttl, strings=strings)


def _shown(rdata: dns.rdata.Rdata) -> tuple[str, list[str]]:
    """Return its value, and of text records that are more than one plain string, all of them."""
    if not isinstance(rdata, dns.rdtypes.txtbase.TXTBase):
        return rdata.to_text(), []
    value = b"".join(rdata.strings).decode(errors="replace")  # no quotes, as NetWatcher's agent
    strings = [_written(part) for part in rdata.strings]
    return value, [] if strings == [value] else strings


def _written(part: bytes) -> str:
    """Return it as a zone file has it, but for the quotes."""
    escaped = part.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return "".join(chr(one) if one in _PLAIN else f"\\{one:03}" for one in escaped)
