"""Payloads as agents send them: NetWatcher's literal fields, and our own where they differ."""

import copy
from typing import Any

PING: dict[str, Any] = {
    "start_timestamp": "2026-11-21T09:14:17.878481Z",
    "stop_timestamp": "2026-11-21T09:14:46.931001Z",
    "packets_recv": 30,
    "packets_sent": 30,
    "packets_recv_duplicates": 0,
    "packet_loss": 0,
    "addr": "198.51.100.9",
    "min_rtt": 9_000_000,
    "max_rtt": 12_000_000,
    "avg_rtt": 10_000_000,
    "std_dev_rtt": 400_000,
}
TRAFFICSIM: dict[str, Any] = {
    "MOS": 4.4277498269054165,
    "RFactor": 94.19723973669035,
    "averageRTT": 0.2190280629705681,
    "cycleDurationMs": 60066,
    "delayImp": 0.0027602633096605747,
    "dscpValue": 46,
    "duplicatePercent": 0,
    "duplicates": 0,
    "estimatedBandwidthKbps": 80000,
    "intervalMs": 20,
    "jitterAvg": 0.4156110920917494,
    "jitterMedian": 0,
    "jitterP95": 1,
    "jitterQualityScore": 100,
    "latencyQuality": "excellent",
    "latencyQualityScore": 100,
    "lossImp": 0,
    "lossPercentage": 0,
    "lossQualityScore": 100,
    "lostPackets": 0,
    "maxConsecutiveLoss": 0,
    "maxRTT": 29,
    "medianRTT": 0,
    "minRTT": 0,
    "mosQuality": "excellent",
    "networkEfficiency": 100,
    "networkHealthScore": 100,
    "oneWayLatency": 0.10951403148528405,
    "outOfOrder": 0,
    "outOfOrderPercent": 0,
    "p95RTT": 1,
    "p99RTT": 1,
    "packetsPerSecond": 48.64648886225152,
    "payloadSize": 160,
    "playoutBufferMax": 40,
    "playoutBufferMin": 20,
    "receivedPackets": 2922,
    "rfc3550Jitter": 1.1359918116288055,
    "stdDevRTT": 0.7654013096751502,
    "timestamp": "2026-11-21T09:18:23.129015596Z",
    "totalBursts": 0,
    "totalPackets": 2922,
}


def hop(ttl: int, ip: str, loss: float = 0, avg: float = 5) -> dict[str, Any]:
    """As NetWatcher's agent writes it: figures are strings; a silent hop has no hosts."""
    times = dict.fromkeys(("last", "avg", "best", "worst"), f"{avg if ip else 0:.2f}")
    return {
        "ttl": ttl,
        "hosts": [{"ip": ip, "hostname": ""}] if ip else [],
        "extensions": [],
        "loss_pct": f"{loss if ip else 100:.2f}",
        "sent": 5,
        "recv": round(5 * (1 - loss / 100)) if ip else 0,
        "stddev": "0.10",
        **times,
    }


def mtr(*hops: dict[str, Any]) -> dict[str, Any]:
    return {
        "start_timestamp": "2026-11-21T09:14:17Z",
        "stop_timestamp": "2026-11-21T09:14:27Z",
        "report": {"info": {"target": {"ip": "203.0.113.2", "hostname": ""}}, "hops": list(hops)},
    }


SYSINFO: dict[str, Any] = {
    "hostInfo": {"architecture": "x86_64", "name": "edge", "ip": ["198.51.100.2/24"]},
    "memoryInfo": {
        "total_bytes": 8_000_000_000,
        "used_bytes": 2_000_000_000,
        "available_bytes": 6_000_000_000,
        "free_bytes": 1_000_000_000,
        "virtual_total_bytes": 0,
        "virtual_used_bytes": 0,
        "virtual_free_bytes": 0,
        "raw": {"MemTotal": 8_000_000_000},
    },
    "CPUTimes": {"user": 100_000_000_000, "system": 50_000_000_000, "idle": 850_000_000_000},
    "timestamp": "2026-11-21T09:14:27.885153476Z",
}
NETINFO: dict[str, Any] = {
    "local_address": "198.51.100.2",
    "default_gateway": "198.51.100.1",
    "public_address": "198.51.100.2",
    "interfaces": [
        {
            "name": "lo",
            "index": 1,
            "type": "loopback",
            "mtu": 65536,
            "flags": ["up", "loopback"],
            "ipv4": ["127.0.0.1/8"],
            "ipv6": ["::1/128"],
            "is_default": False,
        }
    ],
    "routes": [
        {"destination": "0.0.0.0/0", "gateway": "198.51.100.1", "interface": "e", "metric": 0}
    ],
    "geo": {"isp": "Example ISP", "asn_org": "EXAMPLE"},
    "source": "controller",
    "timestamp": "2026-11-21T09:14:27.885153476Z",
}
DNS: dict[str, Any] = {
    "dns_server": "8.8.8.8:53",
    "record_type": "A",
    "query_time_ms": 12.5,
    "response_code": "NOERROR",
    "answers": [{"name": "example.com.", "type": "A", "value": "203.0.113.7", "ttl": 300}],
    "raw_response": "",
    "error": "",
    "protocol": "udp",
    "target": "example.com",
}
HTTP: dict[str, Any] = {
    "start_timestamp": "2026-11-21T09:14:17Z",
    "stop_timestamp": "2026-11-21T09:14:17Z",
    "dns_lookup_ms": 1.0,
    "tcp_connect_ms": 2.0,
    "tls_handshake_ms": 3.0,
    "first_byte_ms": 40.0,
    "total_ms": 60.0,
    "url": "https://example.com/",
    "status_code": 200,
    "status_text": "200 OK",
    "headers": {},
    "body_size": 1256,
    "content_type": "text/html",
    "remote_addr": "",
    "protocol": "HTTP/2.0",
    "tls_version": "TLS 1.3",
    "tls_cipher_suite": "TLS_AES_128_GCM_SHA256",
    "error": "",
}
TLS: dict[str, Any] = {
    "start_timestamp": "2026-11-21T09:14:17Z",
    "stop_timestamp": "2026-11-21T09:14:17Z",
    "remote_addr": "203.0.113.7:443",
    "protocol": "h2",
    "tls_version": "TLS 1.3",
    "tls_cipher_suite": "TLS_AES_128_GCM_SHA256",
    "certificate": "",
    "certificate_chain": [{"subject": "CN=example.com", "days_until_expiry": 80}],
    "is_expired": False,
    "is_expiring_soon": False,
    "days_until_expiry": 80,
    "issuer_org": "Example CA",
    "cert_type": "leaf+intermediate",
    "cert_fingerprint": "00" * 32,
    "error": "",
}
SNMP: dict[str, Any] = {
    "start_timestamp": "2026-11-21T09:14:17Z",
    "stop_timestamp": "2026-11-21T09:14:17Z",
    "query_time_ms": 4.2,
    "version": "2c",
    "target": "198.51.100.1",
    "profile": "system",
    "results": [
        {"oid": ".1.3.6.1.2.1.1.3.0", "value": 42, "type": "TimeTicks", "name": "sysUpTime"}
    ],
    "error": "",
}


def but(sample: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The sample with other fields; a dict is merged into the one that is there."""
    found = copy.deepcopy(sample)
    for name, value in fields.items():
        if isinstance(value, dict) and isinstance(found.get(name), dict):
            found[name] |= value
        else:
            found[name] = value
    return found


GOOD_PATH = mtr(hop(1, "192.0.2.1"), hop(2, "192.0.2.2"), hop(3, "203.0.113.2", avg=20))
