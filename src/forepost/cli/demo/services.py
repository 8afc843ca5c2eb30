"""Services of the demo as its sites see them: HTTP, TLS, DNS and TCP."""

from datetime import datetime, timedelta
from typing import Any, Final

from forepost.cli.demo.lines import Line
from forepost.cli.demo.sites import DATACENTRE, PORTAL, RESOLVER, DemoSite
from forepost.cli.demo.troubles import CERTIFICATE_DAYS, VIENNA, portal_fails, resolver_fails

ISSUER: Final = "CN=Example Trust G2,O=Example Trust"
DAYS: Final = 71


def http(
    line: Line, url: str, before_sec: float, began: datetime, ended: datetime
) -> dict[str, Any]:
    rtt = line.rtt_ms()
    found: dict[str, Any] = {"start_timestamp": began, "stop_timestamp": ended, "url": url}
    if rtt is None:
        return {**found, "error": "connect: no answer within 10 s"}
    fails = portal_fails(before_sec)
    status = (503, "Service Unavailable") if fails else (200, "OK")
    parts = {
        "dns_lookup_ms": 0.3 * rtt + 1,
        "tcp_connect_ms": rtt,
        "tls_handshake_ms": 1.1 * rtt + 2,
    }
    first_byte_ms = sum(parts.values()) + rtt + (900 if fails else 34)
    return {
        **found,
        **parts,
        "first_byte_ms": first_byte_ms,
        "total_ms": first_byte_ms + 6,
        "status_code": status[0],
        "status_text": status[1],
        "body_size": 18_244,
        "content_type": "text/html; charset=utf-8",
        "remote_addr": f"{DATACENTRE.address}:443",
        "protocol": "HTTP/1.1",
        "tls_version": "TLS 1.3",
        "tls_cipher_suite": "TLS_AES_256_GCM_SHA384",
        "error": "status: 503 Service Unavailable" if fails else "",
        "final_url": url,
    }


def tls(
    line: Line, site: DemoSite, began: datetime, ended: datetime, start: float
) -> dict[str, Any]:
    rtt = line.rtt_ms()
    found: dict[str, Any] = {"start_timestamp": began, "stop_timestamp": ended}
    if rtt is None:
        return {**found, "error": "connect: no answer within 10 s"}
    now = datetime.fromtimestamp(start, began.tzinfo)
    old = site.number == VIENNA
    ends = now + timedelta(days=CERTIFICATE_DAYS if old else DAYS, hours=5)
    days = (ends - began).days
    one = {
        "subject": f"CN={PORTAL}",
        "issuer": ISSUER,
        "not_before": ends - timedelta(days=90),
        "not_after": ends,
        "days_until_expiry": days,
    }
    root = {
        "subject": ISSUER,
        "issuer": "CN=Example Root R1,O=Example Trust",
        "not_before": now - timedelta(days=900),
        "not_after": now + timedelta(days=900),
        "days_until_expiry": 900,
        "fingerprint": "5f" * 32,
    }
    print_ = ("c0" if old else "8e") * 32
    return {
        **found,
        "remote_addr": f"{DATACENTRE.address}:443",
        "protocol": "tls",
        "tls_version": "TLS 1.3",
        "tls_cipher_suite": "TLS_AES_256_GCM_SHA384",
        "certificate": {**one, "sans": [PORTAL, f"www.{PORTAL}"]},
        "certificate_chain": [{**one, "fingerprint": print_}, root],
        "days_until_expiry": days,
        "is_expiring_soon": days < 30,
        "issuer_org": "Example Trust",
        "cert_type": "leaf+intermediate",
        "cert_fingerprint": print_,
        "trusted": True,
        "name_matches": True,
        "server_name": PORTAL,
        "alpn": "h2",
        "dns_lookup_ms": 0.3 * rtt + 1,
        "tcp_connect_ms": rtt,
        "tls_handshake_ms": 1.1 * rtt + 2,
    }


def dns(
    line: Line, site: DemoSite, name: str, before_sec: float, began: datetime, ended: datetime
) -> dict[str, Any]:
    rtt = line.rtt_ms()
    found = {
        "start_timestamp": began,
        "stop_timestamp": ended,
        "dns_server": RESOLVER,
        "record_type": "A",
        "protocol": "udp",
        "target": name,
        "remote_addr": f"{RESOLVER}:53",
    }
    if rtt is None:
        return {**found, "error": "query: no answer within 5 s"}
    if resolver_fails(site, before_sec):
        return {
            **found,
            "query_time_ms": rtt + 1_800,
            "response_code": "SERVFAIL",
            "error": "response: SERVFAIL",
        }
    answer = {"name": name, "type": "A", "value": DATACENTRE.address, "ttl": 300}
    return {
        **found,
        "query_time_ms": rtt + 0.8,
        "response_code": "NOERROR",
        "answers": [answer],
        "raw_response": f"{name}. 300 IN A {DATACENTRE.address}",
    }


def tcp(line: Line, target: str, began: datetime, ended: datetime) -> dict[str, Any]:
    found = [line.rtt_ms() for _ in range(3)]
    came = [one for one in found if one is not None]
    mean = sum(came) / len(came) if came else 0.0
    return {
        "start_timestamp": began,
        "stop_timestamp": ended,
        "target": target,
        "remote_addr": target,
        "attempts": 3,
        "connected": len(came),
        "timed_out": 3 - len(came),
        "loss_pct": 100 * (1 - len(came) / 3),
        "min_ms": min(came, default=0.0),
        "max_ms": max(came, default=0.0),
        "avg_ms": mean,
        "connects_ms": found,
        "error": "" if came else "connect: no answer within 2 s",
    }
