"""What the demo's agents say: of the types that real agents send, the same at each start."""

import msgspec
import pytest

from forepost.cli.demo.readings import DemoProbe, Readings
from forepost.cli.demo.sites import SITES, DemoSite, probes_of
from forepost.cli.demo.troubles import CUT_SEC, LISBON
from forepost.wire.flows.rollup import FlowMinute
from forepost.wire.probes import dns, http, mtr, netinfo, ping, snmp, sysinfo, tcp, tls, trafficsim

START = 1_790_000_000.0
HOUR = 3_600
TYPES: dict[str, type] = {
    kind.name: kind.result
    for kind in (
        one.KIND for one in (dns, http, mtr, netinfo, ping, snmp, sysinfo, tcp, tls, trafficsim)
    )
} | {"FLOWS": FlowMinute}


def readings(site: DemoSite, start: float = START) -> Readings:
    probes = [
        DemoProbe(
            id=number,
            type=probe["type"],
            interval_sec=probe["interval_sec"],
            targets=probe.get("targets", []),
        )
        for number, probe in enumerate(probes_of(site), 1)
    ]
    return Readings(site, probes, start)


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_each_payload_is_one_of_its_type(site: DemoSite) -> None:
    posts = list(readings(site).between(START - 2 * HOUR, START - HOUR))
    assert {post["type"] for post in posts} <= set(TYPES)
    for post in posts:
        msgspec.json.decode(msgspec.json.encode(post["payload"]), type=TYPES[post["type"]])


def test_the_past_comes_in_order_and_once() -> None:
    site = SITES[4]
    whole = list(readings(site).between(START - HOUR, START))
    halves = [
        *readings(site).between(START - HOUR, START - HOUR / 2),
        *readings(site).between(START - HOUR / 2, START),
    ]
    assert whole == halves
    times = [post["created_at"] for post in whole]
    assert times == sorted(times)


def test_a_site_that_is_cut_off_says_nothing_of_it() -> None:
    lisbon = next(site for site in SITES if site.number == LISBON)
    assert list(readings(lisbon).between(START - 2 * HOUR, START - CUT_SEC - 1))
    assert not list(readings(lisbon).between(START - CUT_SEC + 1, START + HOUR))
