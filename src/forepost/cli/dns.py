"""`forepost dns`: one question to a DNS server, timed."""

from typing import Annotated

from cyclopts import Parameter

from forepost.agent.probes.dns.probe import run
from forepost.cli.measure import Flag, Often, measure, ms
from forepost.wire.probes.dns import DnsOptions, DnsProtocol, DnsResult

COLUMNS = ("server", "code", "ms", "connect ms", "answers")


def dns(
    name: str,
    /,
    *,
    server: Annotated[str, Parameter(name=["--server", "-s"])] = "",
    type: Annotated[str, Parameter(name=["--type", "-t"])] = "A",  # noqa: A002 - what it is called
    protocol: Annotated[DnsProtocol, Parameter(name=["--protocol", "-p"])] = "udp",
    insecure: Flag = False,
    often: Often | None = None,
) -> int:
    """Ask a DNS server.

    Exits with 0 when it could be asked, whatever came of it, with 1 when it could not (an unknown
    server, no permission), and with 2 for a mistake in the command.

    Parameters
    ----------
    name
        What to ask for; with `--type PTR` also an address.
    server
        HOST, HOST:PORT, or a URL for DoH. Without it: the first nameserver of this host.
    type
        A, AAAA, MX, NS, TXT, SOA, PTR, SRV, HTTPS and all others that have a name.
    protocol
        udp (over TCP where the answer is cut off), tcp, dot or doh.
    insecure
        Take any certificate (dot, doh).
    often
        How often, how long, through what, and how it is shown.

    """
    asked: dict[str, object] = {
        "dns_server": server,
        "record_type": type,
        "protocol": protocol,
        "insecure_tls": insecure,
    }
    return measure(run, DnsOptions, name, asked, often, COLUMNS, _cells)


def _cells(got: DnsResult) -> tuple[str, ...]:
    answers = "\n".join(f"{one.type} {one.value} ({one.ttl} s)" for one in got.answers)
    time = ms(got.query_time_ms)
    return got.dns_server, got.response_code, time, ms(got.connect_ms), answers
