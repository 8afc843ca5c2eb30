"""What results of services have in common that are asked once, in their own protocol."""

from datetime import datetime

from forepost.wire.base import Wire
from forepost.wire.probes.cost import Cost, of_connecting
from forepost.wire.probes.options import Options


class ServiceResult(Wire, frozen=True, kw_only=True):
    """One conversation. Times in ms; those of parts that were not reached are 0."""

    start_timestamp: datetime
    stop_timestamp: datetime
    target: str
    remote_addr: str = ""
    """Address and port. Empty: nothing could be sent (an unknown name, no permission)."""
    dns_lookup_ms: float = 0.0
    tcp_connect_ms: float = 0.0
    tls_handshake_ms: float = 0.0
    answer_ms: float = 0.0
    """All that is said once it is connected, TLS aside."""
    total_ms: float = 0.0
    missed_addrs: list[str] = []
    """Addresses of the name that were tried before and did not answer, with their reasons."""
    tls_version: str = ""
    """"TLS 1.3"; empty: it was in the clear."""
    error: str = ""
    """What went wrong, and in which part."""


def service_cost(options: Options) -> Cost:
    """Return what one conversation costs, in the clear or inside TLS."""
    per_sec = 1 / options.interval_sec
    is_inside = bool(getattr(options, "comes_to_tls", False))
    packets, work_pct = (14, 0.9 * per_sec) if is_inside else (8, 0.15 * per_sec)
    return of_connecting(options, per_sec, packets, work_pct)
