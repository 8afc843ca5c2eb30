"""Whether an answer is what its probe expects. Pure.

Imports dnspython, as `message` does. No reason quotes what is expected: results have more readers
than the options of a probe.
"""

import ipaddress
from collections.abc import Callable, Sequence
from typing import Final

import dns.exception
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype

from forepost.agent.probes.dns.reply import DnsReply
from forepost.kit.idna_name import presented
from forepost.wire.probes.dns import DnsOptions

Fits = Callable[[str], bool]
_NAMES: Final = frozenset({"CNAME", "DNAME", "NS", "PTR"})
_TEXTS: Final = frozenset({"TXT", "SPF"})


class WrongExpectation(ValueError):
    """What is expected is no value of the asked type; the text says so, without quoting it."""


class Expectation:
    """What the options of a probe say of a right answer."""

    def __init__(self, options: DnsOptions) -> None:
        """Raises WrongExpectation."""
        self._type, self._match = options.record_type, options.expected_match
        self._codes = frozenset(code.upper() for code in options.expected_rcodes)
        if not self._codes and options.expected_values:
            self._codes = frozenset({"NOERROR"})
        self._fits: list[Fits] = []
        for place, value in enumerate(options.expected_values):
            try:
                self._fits.append(_fits(value, options))
            except (dns.exception.DNSException, ValueError):
                raise WrongExpectation(
                    f"expected_values[{place}] is no value of {options.record_type.upper()}"
                ) from None

    @property
    def is_any(self) -> bool:
        """Whether there is nothing to be compared."""
        return not self._codes

    def objection(self, reply: DnsReply) -> str:
        """Return in what the answer is not as expected; "" where it is."""
        if self._codes and reply.code not in self._codes:
            return f"{reply.code} was not expected"
        values = reply.values(self._type)
        return _objection(self._fits, values, self._match) if self._fits else ""


def _objection(fits: Sequence[Fits], values: Sequence[str], match: str) -> str:
    found = [one for one in fits if any(map(one, values))]
    if not found:
        return "nothing of what is expected is among the answers"
    if match != "any" and len(found) < len(fits):
        return f"{len(fits) - len(found)} of {len(fits)} expected values are not among the answers"
    others = [value for value in values if not any(one(value) for one in fits)]
    if match == "exactly" and others:
        return f"{len(others)} of {len(values)} answers were not expected"
    return ""


def _fits(text: str, options: DnsOptions) -> Fits:
    kind = options.record_type.upper()
    wanted = text.strip()
    if kind in ("A", "AAAA"):
        network = ipaddress.ip_network(wanted, strict=False)
        return lambda value: _is_in(value, network)
    if kind in _TEXTS:
        plain = _unquoted(text)
        return lambda value: value == plain
    if kind in _NAMES:
        name = dns.name.from_text(presented(wanted.rstrip(".")) or ".")
        return lambda value: _name(value) == name
    record = _canonical(wanted, options)
    return lambda value: _of_answer(value, options) == record


def _is_in(value: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    """A record of another class than IN may hold anything."""
    try:
        return ipaddress.ip_address(value) in network
    except ValueError:
        return False


def _name(value: str) -> dns.name.Name | None:
    try:
        return dns.name.from_text(value)
    except (dns.exception.DNSException, ValueError):
        return None


def _unquoted(text: str) -> str:
    is_quoted = len(text) > 1 and text.startswith('"') and text.endswith('"')
    return text[1:-1] if is_quoted else text


def _of_answer(value: str, options: DnsOptions) -> bytes | None:
    try:
        return _canonical(value, options)
    except (dns.exception.DNSException, ValueError):
        return None


def _canonical(text: str, options: DnsOptions) -> bytes:
    """Return the bytes that are the same for all spellings of a record (RFC 4034, 6.2)."""
    rdata = dns.rdata.from_text(
        dns.rdataclass.from_text(options.record_class),
        dns.rdatatype.from_text(options.record_type),
        text,
        origin=dns.name.root,
        relativize=False,
    )
    return bytes(rdata.to_digestable())
