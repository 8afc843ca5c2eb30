"""What the Local API needs: its port, which the kernel may have given to somebody else."""

import socket
from typing import Final

import msgspec

from forepost.agent.doctor.case import Case
from forepost.agent.doctor.network import listens
from forepost.agent.edges.host import abilities
from forepost.wire.local.doctor import Finding

NEED: Final = "local_api.listen"
RESERVE: Final = "sysctl -w net.ipv4.ip_local_reserved_ports={}, and the same in /etc/sysctl.d"


def port(case: Case) -> Finding:
    if not case.settings.serves_local_api:
        return _off("local-api-port")
    listen = case.settings.local_api.listen
    found = listens(case, "local-api-port", listen, socket.SOCK_STREAM, NEED)
    if found.state == "ok":
        return found
    number = int(listen.rpartition(":")[2])
    _, kept_back = abilities.ephemeral_ports()
    return msgspec.structs.replace(found, grant=f"{found.grant}; {_reserve(number, kept_back)}")


def reserved(case: Case) -> Finding:
    """Lacking it fails nothing yet: a connection that goes out may have the port at a start."""
    if not case.settings.serves_local_api:
        return _off("local-api-reserved")
    number = int(case.settings.local_api.listen.rpartition(":")[2])
    given, kept_back = abilities.ephemeral_ports()
    if number not in given:
        detail = f"port {number} is none that this host gives to connections that go out"
        return Finding(check="local-api-reserved", state="ok", detail=detail)
    why_not = f"this host may give port {number} to a connection that goes out"
    if has(kept_back, number):
        why_not = ""
    found = case.finding(
        "local-api-reserved",
        why_not,
        [NEED],
        detail=f"port {number} is kept back",
        grant=_reserve(number, kept_back),
    )
    return msgspec.structs.replace(found, configured=False)


def has(kept_back: str, number: int) -> bool:
    """Whether `ip_local_reserved_ports` names a port: "1,5-9"."""
    for part in filter(None, kept_back.split(",")):
        first, _, last = part.partition("-")
        if int(first) <= number <= int(last or first):
            return True
    return False


def _reserve(number: int, kept_back: str) -> str:
    return RESERVE.format(",".join(filter(None, (kept_back, str(number)))))


def _off(check: str) -> Finding:
    return Finding(check=check, state="off", detail="the Local API is not served")
