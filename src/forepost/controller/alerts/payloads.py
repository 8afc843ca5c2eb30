"""What each type of payload says of the metrics, in every known spelling of it. Pure.

A field that is not there, or not as its type says, says nothing: it is no reason to raise or end
an alert. PING and TRAFFICSIM are not read here again: a row has their figures beside its payload.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from forepost.controller.alerts.changes import Path
from forepost.controller.series.port import Row

Said = dict[str, float]
"""Metric to value."""


class _Stddev(msgspec.Struct):
    std_dev_rtt: float | None = None


class _Host(msgspec.Struct):
    ip: str = ""


class _Hop(msgspec.Struct):
    hosts: list[_Host] | None = None
    loss_pct: float = 100.0
    sent: int = 0
    recv: int = 0
    avg: float = 0


class _Report(msgspec.Struct):
    hops: list[_Hop] | None = None


class _Mtr(msgspec.Struct):
    report: _Report


class _Memory(msgspec.Struct):
    total_bytes: float = 0
    used_bytes: float = 0
    available_bytes: float = 0


class CpuTimes(msgspec.Struct, frozen=True):
    """ns since boot; a zero is left out by the sender."""

    user: float = 0
    system: float = 0
    idle: float = 0
    iowait: float = 0
    irq: float = 0
    nice: float = 0
    soft_irq: float = 0
    steal: float = 0


class _Sysinfo(msgspec.Struct):
    memory: _Memory | None = msgspec.field(name="memoryInfo", default=None)
    cpu: CpuTimes | None = msgspec.field(name="CPUTimes", default=None)


class _Geo(msgspec.Struct):
    isp: str = ""
    asn_org: str = ""


class _Netinfo(msgspec.Struct):
    public_address: str = ""
    internet_provider: str = ""
    geo: _Geo | None = None


class _Dns(msgspec.Struct):
    query_time_ms: float | None = None
    response_code: str = ""
    error: str | None = None


class _Http(msgspec.Struct):
    first_byte_ms: float | None = None
    total_ms: float | None = None
    status_code: float | None = None
    error: str | None = None


class _Tls(msgspec.Struct):
    tls_version: str = ""
    tls_cipher_suite: str = ""
    days_until_expiry: float | None = None
    cert_fingerprint: str = ""
    certificate_chain: list[Any] | None = None
    is_expired: bool = False
    cert_type: str = ""
    error: str | None = None


class _Snmp(msgspec.Struct):
    query_time_ms: float | None = None
    traps: list[Any] | None = None
    error: str | None = None


# NetWatcher's agent writes the figures of a hop as strings.
_mtr = msgspec.json.Decoder(_Mtr, strict=False)
_stddev = msgspec.json.Decoder(_Stddev)
_sysinfo = msgspec.json.Decoder(_Sysinfo)
_netinfo = msgspec.json.Decoder(_Netinfo)
_dns = msgspec.json.Decoder(_Dns)
_http = msgspec.json.Decoder(_Http)
_tls = msgspec.json.Decoder(_Tls)
_snmp = msgspec.json.Decoder(_Snmp)

NS_PER_MS: Final = 1e6
MODERN_TLS: Final = {"TLS 1.2", "TLS 1.3", "TLSv1.2", "TLSv1.3"}
WEAK: Final = ("RC4", "DES", "NULL", "EXPORT", "MD5", "ANON", "IDEA", "TLS_RSA_")
"""Parts of names of cipher suites that are broken or keep no forward secrecy."""
NOT_TRUSTED: Final = ("certificate", "x509", "verify", "unknown authority", "self-signed")
"""Words of an error of TLS that is about the chain rather than about reaching the server."""
FAINT: Final = 0.5


def said(row: Row) -> Said:
    """Everything that the row says by itself; what needs an earlier row is in `changes`."""
    read = _READERS.get(row.type)
    if read is None:
        return {}
    try:
        return read(row)
    except msgspec.MsgspecError:
        return {}


def path_of(row: Row) -> Path | None:
    """The addresses that answered at each hop of an MTR; None where no hop did."""
    try:
        hops = _mtr.decode(row.payload).report.hops or []
    except msgspec.MsgspecError:
        return None
    path = tuple(frozenset(h.ip for h in hop.hosts or () if h.ip) for hop in hops)
    return path if any(path) else None


def cpu_of(row: Row) -> CpuTimes | None:
    try:
        return _sysinfo.decode(row.payload).cpu
    except msgspec.MsgspecError:
        return None


def address_of(row: Row) -> str:
    """The public address of a NETINFO; "" where it is not known."""
    try:
        return _netinfo.decode(row.payload).public_address
    except msgspec.MsgspecError:
        return ""


def provider_of(row: Row) -> str:
    try:
        net = _netinfo.decode(row.payload)
    except msgspec.MsgspecError:
        return ""
    geo = net.geo or _Geo()
    return net.internet_provider or geo.isp or geo.asn_org


def _straight(row: Row) -> Said:
    found: Said = {}
    if row.loss_pct is not None:
        found["packet_loss"] = row.loss_pct
    if row.rtt_ms is not None:
        found["latency"] = row.rtt_ms
    if row.jitter_ms is not None:
        found["jitter"] = row.jitter_ms
    if row.mos is not None:
        found["mos"] = row.mos
    return found


def _ping(row: Row) -> Said:
    """NetWatcher's agent sends no single RTTs: its jitter is their standard deviation."""
    found = _straight(row)
    if row.rtt_ms is not None and row.jitter_ms is None:
        spread = _stddev.decode(row.payload).std_dev_rtt
        if spread is not None:
            found["jitter"] = spread / NS_PER_MS
    return found


def _of_mtr(row: Row) -> Said:
    hops = _mtr.decode(row.payload).report.hops
    if not hops:
        return {}
    end = hops[-1]
    found = {"end_hop_loss": end.loss_pct}
    if end.recv:
        found["end_hop_latency"] = end.avg
    lossy = true_losses([hop.loss_pct for hop in hops])
    found["worst_hop_loss"] = max(loss for _, loss in lossy)
    found["worst_hop_combined"] = max(loss + hops[place].avg / 10 for place, loss in lossy)
    return found


def true_losses(losses: Sequence[float]) -> list[tuple[int, float]]:
    """(place, loss) of the hops whose loss is one: every later hop shows half of it or more.

    Loss that a later hop does not show is a router that answers few requests, and is left out. The
    half is for the noise of a few packets: 20, 15, 18 % in a row are all true.
    """
    found: list[tuple[int, float]] = []
    least_later = 100.0
    for place in range(len(losses) - 1, -1, -1):
        if least_later >= losses[place] * FAINT:
            found.append((place, losses[place]))
        least_later = min(least_later, losses[place])
    return found


def _of_sysinfo(row: Row) -> Said:
    memory = _sysinfo.decode(row.payload).memory
    if memory is None or memory.total_bytes <= 0:
        return {}
    used = memory.used_bytes
    if memory.available_bytes > 0:
        used = memory.total_bytes - memory.available_bytes
    return {"memory_usage": 100 * used / memory.total_bytes}


def _of_dns(row: Row) -> Said:
    dns = _dns.decode(row.payload)
    if not dns.response_code and not dns.error:
        return {}
    code = dns.response_code.upper()
    answered = code not in ("", "ERROR")
    found = {"dns_query_failure": float(code not in ("NOERROR", "NXDOMAIN"))}
    if answered:
        found["dns_nxdomain"] = float(code == "NXDOMAIN")
        if dns.query_time_ms is not None:
            found["dns_query_time"] = dns.query_time_ms
    return found


def _of_http(row: Row) -> Said:
    """`http_status` 0: there was no answer."""
    http = _http.decode(row.payload)
    if http.status_code is None and not http.error:
        return {}
    if not http.status_code:
        return {"http_status": 0.0}
    found = {"http_status": http.status_code}
    if http.first_byte_ms is not None:
        found["http_ttfb"] = http.first_byte_ms
    if http.total_ms is not None:
        found["http_total_ms"] = http.total_ms
    return found


def _of_tls(row: Row) -> Said:
    tls = _tls.decode(row.payload)
    found: Said = {}
    error = (tls.error or "").lower()
    shown = bool(tls.cert_fingerprint or tls.certificate_chain or tls.cert_type)
    if shown or (not error and tls.days_until_expiry is not None):
        wrong = tls.is_expired or tls.cert_type == "self-signed" or _about_trust(error)
        found["tls_chain_issue"] = float(wrong)
        if tls.days_until_expiry is not None:
            found["tls_expiry_days"] = tls.days_until_expiry
    elif _about_trust(error):
        found["tls_chain_issue"] = 1.0
    if tls.tls_version:
        found["tls_version_mismatch"] = float(tls.tls_version not in MODERN_TLS)
    if tls.tls_cipher_suite:
        suite = tls.tls_cipher_suite.upper()
        found["tls_weak_cipher"] = float(any(part in suite for part in WEAK))
    return found


def _about_trust(error: str) -> bool:
    return any(word in error for word in NOT_TRUSTED)


def _of_snmp(row: Row) -> Said:
    snmp = _snmp.decode(row.payload)
    found: Said = {}
    if snmp.query_time_ms is not None and not snmp.error:
        found["snmp_response_ms"] = snmp.query_time_ms
    if snmp.traps is not None:
        found["snmp_trap_received"] = float(len(snmp.traps))
    return found


_READERS: Final[dict[str, Callable[[Row], Said]]] = {
    "PING": _ping,
    "TRAFFICSIM": _straight,
    "MTR": _of_mtr,
    "SYSINFO": _of_sysinfo,
    "DNS": _of_dns,
    "HTTP": _of_http,
    "TLS": _of_tls,
    "SNMP": _of_snmp,
}
