"""Payloads of probes as an agent posts them, for tests of the panel's pages."""

from datetime import UTC, datetime, timedelta
from typing import Any


def mtr(addresses: list[str], *, loss: tuple[int, ...] = (), way: str = "a4") -> dict[str, Any]:
    """One hop for each address; `loss` in percent, by hop."""
    hops = []
    for place, address in enumerate(addresses):
        lost = loss[place] if place < len(loss) else 0
        avg = 12.0 * (place + 1)
        hops.append(
            {
                "ttl": place + 1,
                "hosts": [
                    {
                        "ip": address,
                        "hostname": f"hop{place + 1}.example.net",
                        "asn": 64_500 + place,
                        "as_org": "Northline Transit",
                    }
                ],
                "extensions": [],
                "loss_pct": f"{lost:.2f}",
                "sent": 10,
                "recv": round(10 - lost / 10),
                "last": f"{avg:.2f}",
                "avg": f"{avg:.2f}",
                "best": f"{avg - 1:.2f}",
                "worst": f"{avg + 4:.2f}",
                "stddev": "0.70",
            }
        )
    now = datetime.now(UTC).isoformat()
    return {
        "start_timestamp": now,
        "stop_timestamp": now,
        "report": {"info": {"target": {"ip": addresses[-1], "hostname": "far"}}, "hops": hops},
        "reached": True,
        "fingerprint": way,
    }


def http(url: str) -> dict[str, Any]:
    """10 ms of DNS, 20 to connect, 30 of TLS, 40 of waiting, 50 of reading; then a 503."""
    now = datetime.now(UTC)
    return {
        "start_timestamp": now.isoformat(),
        "stop_timestamp": now.isoformat(),
        "url": url,
        "dns_lookup_ms": 10.0,
        "tcp_connect_ms": 20.0,
        "tls_handshake_ms": 30.0,
        "first_byte_ms": 100.0,
        "total_ms": 150.0,
        "status_code": 503,
        "status_text": "503 Service Unavailable",
        "body_size": 2_048,
        "content_type": "text/html",
        "remote_addr": "198.18.0.9:443",
        "protocol": "HTTP/1.1",
        "tls_version": "TLS 1.3",
        "certificate_info": certificate("CN=www.example.com", 12),
        "error": "status: 503 Service Unavailable",
        "final_url": url,
    }


def certificate(subject: str, days: int) -> dict[str, Any]:
    ends = datetime.now(UTC) + timedelta(days=days, hours=6)
    return {
        "subject": subject,
        "issuer": "CN=Example Trust G2,O=Example Trust",
        "not_before": (ends - timedelta(days=90)).isoformat(),
        "not_after": ends.isoformat(),
        "days_until_expiry": days,
    }


def tls(days: int) -> dict[str, Any]:
    """A chain of two, of which the server's own ends in so many days; of another name."""
    now = datetime.now(UTC).isoformat()
    own = certificate("CN=www.example.com", days)
    above = {**certificate("CN=Example Trust G2,O=Example Trust", 700), "fingerprint": "5f" * 32}
    return {
        "start_timestamp": now,
        "stop_timestamp": now,
        "remote_addr": "198.18.0.9:443",
        "tls_version": "TLS 1.3",
        "tls_cipher_suite": "TLS_AES_256_GCM_SHA384",
        "certificate": {**own, "sans": ["www.example.com"]},
        "certificate_chain": [{**own, "fingerprint": "8e" * 32}, above],
        "is_expired": days < 0,
        "is_expiring_soon": 0 <= days <= 30,
        "days_until_expiry": days,
        "trusted": False,
        "verify_error": "the name does not match",
        "name_matches": False,
        "server_name": "portal.example.com",
        "error": "certificate: the name does not match",
        "tls_handshake_ms": 30.0,
    }
