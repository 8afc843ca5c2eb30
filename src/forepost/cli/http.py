"""`forepost http`: one request, every part of it timed."""

from typing import Annotated

from cyclopts import Parameter

from forepost.agent.probes.http.probe import run
from forepost.cli.exit_status import ExitStatus
from forepost.cli.measure import Flag, Often, complain, measure, ms
from forepost.wire.probes.http import HttpOptions, HttpResult

COLUMNS = ("status", "dns ms", "connect", "tls", "first byte", "total", "bytes", "from")


def http(
    url: str,
    /,
    *,
    method: Annotated[str, Parameter(name=["--method", "-X"])] = "GET",
    header: Annotated[tuple[str, ...], Parameter(name=["--header", "-H"])] = (),
    data: Annotated[str, Parameter(name=["--data", "-d"])] = "",
    status: tuple[int, ...] = (),
    contains: str = "",
    regex: str = "",
    follow: Annotated[bool, Parameter(negative="--no-follow")] = True,
    insecure: Flag = False,
    often: Often | None = None,
) -> int:
    """Ask for a URL.

    Exits with 0 when every answer was as expected, with 1 when one was not (no answer, status,
    content, certificate), with 2 for a mistake in the command, and with 3 when nothing could be
    measured (an unknown host, no permission).

    Parameters
    ----------
    url
        Without a scheme it is https.
    method
        GET, HEAD, POST, ...
    header
        "Name: value"; may be given several times.
    data
        The body of the request.
    status
        A status to expect; may be given several times. Without it: anything below 400.
    contains
        A text to expect in the first MiB of the body.
    regex
        A regular expression to expect there.
    follow
        Follow redirects, ten at most.
    insecure
        Take any certificate.
    often
        How often, how long, through what, and how it is shown.

    """
    if contains and regex:
        complain("--contains and --regex exclude each other")
        return ExitStatus.USAGE
    pairs = [one.partition(":") for one in header]
    asked: dict[str, object] = {
        "method": method,
        "body": data,
        "headers": {name.strip(): value.strip() for name, _, value in pairs},
        "expected_status": list(status),
        "expected_content": contains or regex,
        "content_match_type": "regex" if regex else "contains",
        "follow_redirects": follow,
        "insecure_tls": insecure,
    }
    return measure(run, HttpOptions, url, asked, often, COLUMNS, _cells)


def _cells(got: HttpResult) -> tuple[str, ...]:
    times = (got.dns_lookup_ms, got.tcp_connect_ms, got.tls_handshake_ms, got.first_byte_ms)
    shown = [ms(value) for value in (*times, got.total_ms)]
    return got.status_text or "-", *shown, str(got.body_size), got.remote_addr
