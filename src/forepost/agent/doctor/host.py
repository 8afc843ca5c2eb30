"""What of this host's own set-up measurements depend on."""

from forepost.agent.doctor.case import Case
from forepost.agent.edges.host import abilities
from forepost.wire.local.doctor import Finding


def clock(case: Case) -> Finding:
    """One-way figures need it; round trips do not, and results are told with the controller's."""
    kept, most_sec = abilities.clock_state()
    why_not = "" if kept else "nothing keeps this host's clock right"
    detail = f"right within {most_sec:.3f} s" if kept else ""
    grant = "run a time service (chrony, systemd-timesyncd); a container has its host's clock"
    return case.finding("clock", why_not, ["one-way figures"], detail=detail, grant=grant)


def trust(case: Case) -> Finding:
    count = abilities.trusted_authorities()
    why_not = "" if count else "this host trusts no certificate authority"
    grant = "install ca-certificates, or set SSL_CERT_FILE"
    needed_by = ["TLS", "HTTP", "DNS"]
    return case.finding("tls-trust", why_not, needed_by, detail=f"{count} authorities", grant=grant)


def privacy(case: Case) -> Finding:
    has_it = abilities.has_module("cryptography")
    why_not = "" if has_it else "the package cryptography is not installed"
    grant = "pip install cryptography, or forepost[controller], which has it"
    return case.finding("snmp-privacy", why_not, ["SNMP privacy"], grant=grant)
