"""Asks one DNS server, or several at once, one question."""

from typing import Final

import anyio

from forepost.agent.ports.edges import Edges
from forepost.agent.probes.dns.enquiry import Enquiry
from forepost.kit.clock import Clock
from forepost.wire.disclosure import public_target
from forepost.wire.probes.dns import DnsOptions, DnsResult, DnsServerResult

MOST_VALUES: Final = 20
MOST_VALUE: Final = 500


async def run(options: DnsOptions, target: str, clock: Clock, edges: Edges) -> DnsResult:
    started = clock.now()
    named = list(dict.fromkeys((options.dns_server, *options.more_servers)))
    if not options.dns_server and options.more_servers:
        named.remove("")
    asked = [Enquiry(options, one, target, clock, edges) for one in named]
    async with anyio.create_task_group() as group:
        for one in asked:
            group.start_soon(one.run)
    worst = max(asked, key=_badness)
    return DnsResult(
        dns_server=_shown(worst, options),
        record_type=options.record_type.upper(),
        query_time_ms=worst.query_time_ms,
        response_code=worst.answer.code,
        answers=worst.answer.answers,
        raw_response=worst.answer.text,
        error=worst.error,
        protocol=options.protocol,
        target=target,
        start_timestamp=started,
        stop_timestamp=clock.now(),
        remote_addr=worst.remote,
        connect_ms=worst.connect_ms,
        retried_over_tcp=worst.retried_over_tcp,
        authoritative=worst.answer.authoritative,
        authenticated=worst.answer.authenticated,
        recursion_available=worst.answer.recursion_available,
        ignored=worst.ignored.count,
        edns_refused=worst.edns_refused,
        as_expected=worst.as_expected,
        servers=[_row(one, options) for one in asked] if len(asked) > 1 else [],
    )


def _badness(of: Enquiry) -> tuple[int, float]:
    """No answer, a wrong one, one of a bad code, no such name, a fine one; then the slower one."""
    if of.answer.code == "ERROR":
        rank = 5
    elif of.error:
        rank = 4
    elif of.as_expected is None and of.answer.code not in ("NOERROR", "NXDOMAIN"):
        rank = 3
    elif of.as_expected is None and of.answer.code == "NXDOMAIN":
        rank = 2
    else:
        rank = int(of.edns_refused == "silence")
    return rank, of.query_time_ms


def _row(of: Enquiry, options: DnsOptions) -> DnsServerResult:
    values = of.answer.values(options.record_type)
    return DnsServerResult(
        dns_server=_shown(of, options),
        remote_addr=of.remote,
        query_time_ms=of.query_time_ms,
        connect_ms=of.connect_ms,
        response_code=of.answer.code,
        values=[value[:MOST_VALUE] for value in values[:MOST_VALUES]],
        error=of.error,
        edns_refused=of.edns_refused,
    )


def _shown(of: Enquiry, options: DnsOptions) -> str:
    """Without what only those who may change the probe are told."""
    return public_target(str(of.server) if of.server.at.host else of.named or options.dns_server)
