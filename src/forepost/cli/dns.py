"""`forepost dns`: one question to a DNS server, or to several, timed."""

from collections.abc import Iterable, Sequence
from typing import Annotated

from cyclopts import Parameter

from forepost.agent.probes.dns.probe import run
from forepost.cli.exit_status import ExitStatus
from forepost.cli.measure import Flag, Often, measure, ms
from forepost.wire.probes.dns import (
    DnsClass,
    DnsMatch,
    DnsOptions,
    DnsProtocol,
    DnsResult,
    DohMethod,
)
from forepost.wire.probes.options import IpVersion

COLUMNS = ("server", "code", "ms", "connect ms", "answers")


def dns(
    name: str,
    /,
    *,
    server: Annotated[tuple[str, ...], Parameter(name=["--server", "-s"])] = (),
    type: Annotated[str, Parameter(name=["--type", "-t"])] = "A",  # noqa: A002 - what it is called
    protocol: Annotated[DnsProtocol, Parameter(name=["--protocol", "-p"])] = "udp",
    record_class: Annotated[DnsClass, Parameter(name="--class")] = "IN",
    expect: Annotated[tuple[str, ...], Parameter(name=["--expect", "-e"])] = (),
    match: DnsMatch = "all",
    rcode: tuple[str, ...] = (),
    recurse: Annotated[bool, Parameter(negative="--no-recurse")] = True,
    dnssec: Flag = False,
    edns_size: int = 1_232,
    tls_name: str = "",
    doh_method: DohMethod = "POST",
    family: IpVersion = "auto",
    insecure: Flag = False,
    often: Often | None = None,
) -> int:
    """Ask a DNS server.

    Exits with 0 when every question was answered as expected (without --expect and --rcode: with
    NOERROR or NXDOMAIN), with 1 when one was not, with 2 for a mistake in the command, and with 3
    when nothing could be measured (an unknown server, no permission).

    Parameters
    ----------
    name
        What to ask for; with `--type PTR` also an address.
    server
        HOST, HOST:PORT, or a URL for DoH; may be given several times: all are asked at once.
        Without it: the first nameserver of this host.
    type
        A, AAAA, MX, NS, TXT, SOA, PTR, SRV, HTTPS and all others that have a name.
    protocol
        udp (over TCP where the answer is cut off), tcp, dot or doh.
    record_class
        CH for what servers say of themselves (version.bind, id.server).
    expect
        A value to expect; may be given several times. Of A and AAAA also a network.
    match
        Whether any of them, all of them, or all and nothing else has to be there.
    rcode
        A code to expect: NOERROR, NXDOMAIN, REFUSED, ...; may be given several times.
    recurse
        Ask a resolver to ask others.
    dnssec
        Ask for signatures, too (DO).
    edns_size
        Bytes that may come in one datagram; 0: no EDNS.
    tls_name
        Whose certificate it must be (dot, doh), where the server is an address.
    doh_method
        POST or GET.
    family
        4 or 6: reach the server by that version of IP only.
    insecure
        Take any certificate (dot, doh).
    often
        How often, how long, through what, and how it is shown.

    """
    asked: dict[str, object] = {
        "dns_server": server[0] if server else "",
        "more_servers": list(server[1:]),
        "record_type": type,
        "protocol": protocol,
        "record_class": record_class,
        "expected_values": list(expect),
        "expected_match": match,
        "expected_rcodes": list(rcode),
        "recursion_desired": recurse,
        "dnssec_ok": dnssec,
        "edns_size": edns_size,
        "tls_name": tls_name,
        "doh_method": doh_method,
        "family": family,
        "insecure_tls": insecure,
    }
    return measure(run, DnsOptions, name, asked, often, COLUMNS, _cells, _status)


def _status(results: Sequence[DnsResult]) -> ExitStatus:
    if not any(one.remote_addr or any(s.remote_addr for s in one.servers) for one in results):
        return ExitStatus.NOT_MEASURED
    return ExitStatus.FINE if all(map(_is_fine, results)) else ExitStatus.NOT_FINE


def _is_fine(got: DnsResult) -> bool:
    return not got.error and bool(
        got.as_expected or got.response_code.upper() in ("NOERROR", "NXDOMAIN")
    )


def _cells(got: DnsResult) -> tuple[str, ...]:
    if not got.servers:
        answers = "\n".join(f"{one.type} {one.value} ({one.ttl} s)" for one in got.answers)
        times = ms(got.query_time_ms), ms(got.connect_ms)
        return got.dns_server, got.response_code, *times, answers
    of = got.servers
    return (
        _lines(one.dns_server for one in of),
        _lines(one.response_code for one in of),
        _lines(ms(one.query_time_ms) for one in of),
        _lines(ms(one.connect_ms) for one in of),
        _lines(one.error or ", ".join(one.values) for one in of),
    )


def _lines(cells: Iterable[str]) -> str:
    return "\n".join(cells)
