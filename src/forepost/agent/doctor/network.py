"""What more than one type of probe needs of the network, and the way to the controller."""

import socket
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from forepost.agent import line
from forepost.agent.cores.permission import TYPES
from forepost.agent.doctor.case import NET_BIND, NET_RAW, Case
from forepost.agent.edges.host import abilities
from forepost.agent.edges.host.facts import LinuxHost
from forepost.agent.edges.walk.stages import PROXY
from forepost.agent.node import Identity
from forepost.kit.http import Unreachable
from forepost.wire.local.doctor import Finding, Stage
from forepost.wire.probes import KINDS

NAMED: Final = [kind.name for kind in KINDS.values() if not kind.is_targetless]


def binding(case: Case) -> Finding:
    why_not = abilities.binding(socket.SOCK_DGRAM) or abilities.binding(socket.SOCK_STREAM)
    grant = f"{NET_RAW}; Linux 5.7 and later need none"
    return case.finding("bind-interface", why_not, ["bind_interface"], grant=grant)


def route_changes(case: Case) -> Finding:
    grant = "let the agent open netlink sockets (systemd: RestrictAddressFamilies= with AF_NETLINK)"
    return case.finding("route-changes", abilities.hears_routes(), ["NETINFO"], grant=grant)


def resolver(case: Case) -> Finding:
    """No resolver is asked about anybody but the controller."""
    server = LinuxHost(Path("/")).nameserver()
    host = urlsplit(case.settings.uplink.url).hostname or ""
    why_not = abilities.resolves(host) if host else ""
    if not server and not why_not:
        why_not = "no nameserver in /etc/resolv.conf: names are looked up in /etc/hosts only"
    grant = "name a nameserver that answers in /etc/resolv.conf"
    found = case.finding("resolver", why_not, NAMED, detail=server, grant=grant)
    names = bool(host and abilities.resolves(host))
    return msgspec.structs.replace(found, configured=names)


def controller(case: Case) -> Finding:
    """The whole way that an agent's results go, up to one acknowledgement."""
    uplink = case.settings.uplink
    if not uplink.url:
        return Finding(check="controller", state="off", detail="none is configured")
    identity = _identity(case)
    url = identity.url
    why_not = line.why_not(url, allow_plain=uplink.allow_plain, pin_sha256=uplink.pin_sha256)
    grant = "see uplink.url"
    stages: list[Stage] = []
    if not why_not:
        try:
            walk = uplink.way.walk(
                url,
                identity.pin_sha256,
                headers=identity.headers if identity.psk else {},
                knows=partial(case.standing, identity),
            ).go()
        except Unreachable as error:
            why_not = str(error)
            grant = "name a file (PEM) that this agent may read" if "_file: " in why_not else PROXY
        else:
            stages, why_not, grant = walk.stages, walk.why_not, walk.grant
    if not why_not and case.unreadable:
        why_not = f"its key cannot be read: {case.unreadable}"
        grant = "ask as the agent's user: sudo -u USER forepost doctor"
    elif not why_not and not identity.psk and not uplink.pin:
        why_not = "this agent has no key there"
        grant = "forepost join URL --workspace N --agent N --pin PIN"
    acknowledges = any(one.stage == "acknowledgement" and one.state == "ok" for one in stages)
    said = f"{url} acknowledges" if acknowledges else f"{url} answers"
    if case.cut_off and not why_not:
        why_not = f"{said}, and the agent that runs is not connected: {case.cut_off}"
        grant = "wait a minute for its next try, or start it again with these settings"
    found = case.finding("controller", why_not, ["uplink"], detail=said, grant=grant)
    return msgspec.structs.replace(found, configured=True, stages=stages)


def _identity(case: Case) -> Identity:
    """Who the agent of these settings is, without a PSK where that is of another one."""
    uplink, found = case.settings.uplink, case.identity
    wanted = Identity(
        url=line.controller_address(uplink.url),
        workspace_id=uplink.workspace_id,
        agent_id=uplink.agent_id,
        psk="",
        pin_sha256=uplink.pin_sha256,
    )
    numbers = uplink.workspace_id, uplink.agent_id
    if found is None or numbers != (found.workspace_id, found.agent_id):
        return wanted
    is_away = uplink.may_move and found.home == wanted.url
    url = found.url if is_away else wanted.url
    return msgspec.structs.replace(wanted, url=url, psk=found.psk)


def speedtest_port(case: Case) -> Finding:
    listen = case.settings.speedtest.listen
    if not listen:
        nothing = "speed tests of others are not answered"
        return Finding(check="speedtest-port", state="off", detail=nothing)
    return listens(case, "speedtest-port", listen, socket.SOCK_STREAM, "speedtest.listen")


def trafficsim_port(case: Case) -> Finding:
    """The first that cannot be listened on, if there are several."""
    if not case.served:
        nothing = "this agent is no TRAFFICSIM server"
        return Finding(check="trafficsim-port", state="off", detail=nothing)
    found = [
        listens(case, "trafficsim-port", listen, socket.SOCK_DGRAM, "TRAFFICSIM server")
        for listen in case.served
    ]
    return next((one for one in found if one.state != "ok"), found[0])


def listens(case: Case, check: str, listen: str, kind: socket.SocketKind, need: str) -> Finding:
    """Whether this host, or the agent that runs, can listen there."""
    host, _, number = listen.rpartition(":")
    if not number.isdecimal() or not 0 < int(number) < 65_536:
        why_not, grant = "is not HOST:PORT", "give it a host and a port"
    else:
        why_not = abilities.port(host.strip("[]"), int(number), kind)
        grant = NET_BIND if int(number) < 1_024 else "see who has it: ss -lntup"
    if why_not and case.running:
        detail = f"{listen}: the agent runs"
        return Finding(check=check, state="ok", detail=detail, configured=True)
    found = case.finding(
        check, why_not and f"{listen}: {why_not}", [need], detail=listen, grant=grant
    )
    return msgspec.structs.replace(found, configured=True)


def site(case: Case) -> Finding:
    """What the operator of this host forbids is no lack."""
    probes = case.settings.probes
    found = [
        f"allow {', '.join(probes.allow)}" if probes.allow else "everything is allowed",
        *([f"deny {', '.join(probes.deny)}"] if probes.deny else []),
        "link-local addresses by HTTP too" if probes.allow_link_local else "not link-local by HTTP",
        f"{probes.max_packets_per_sec:,} packets a second",
    ]
    permission = probes.permission()
    denied = sorted(kind for kind in case.wanted & TYPES if permission.refusal_of_type(kind))
    if denied:
        found.append(f"wanted, and not allowed here: {', '.join(denied)}")
    return Finding(check="site", state="ok", detail="; ".join(found), needed_by=NAMED)
