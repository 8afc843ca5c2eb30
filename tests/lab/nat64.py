"""A site with IPv6 alone: DNS64 by unbound, NAT64 by tayga; behind them an IPv4 network.

Debian: `apt-get install unbound tayga`. The prefix is of 2001:db8::/32 and not 64:ff9b::/96: no
packet of a test has an address of anybody.
"""

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.lab import tap
from tests.lab.net import Namespace, namespace
from tests.lab.resolver import asking
from tests.running import until

PREFIX = "2001:db8:64::/96"
POOL = "198.18.64.0/24"
SERVER = "198.18.2.2"
"""Of the far side, which has IPv4 alone."""
TAYGA = f"""
tun-device nat64
ipv4-addr 198.18.64.1
prefix {PREFIX}
dynamic-pool {POOL}
data-dir {{folder}}
"""
UNBOUND = """
server:
  directory: "{folder}"
  username: ""
  chroot: ""
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  num-threads: 1
  interface: 2001:db8:1::1
  access-control: ::/0 allow
  module-config: "dns64 iterator"
  dns64-prefix: {prefix}
auth-zone:
  name: "example"
  for-downstream: no
  for-upstream: yes
  fallback-enabled: no
  zonefile: "{folder}/zone"
"""
ZONE = f"""$TTL 60
$ORIGIN example.
@ IN SOA ns hostmaster 1 3600 600 86400 60
@ IN NS ns
ns IN AAAA 2001:db8:1::1
controller IN A {SERVER}
"""


@contextmanager
def site(folder: Path) -> Iterator[tuple[Namespace, Namespace]]:
    """Whoever has IPv6 alone and asks the DNS64, and the far side of the translator."""
    folder.mkdir()
    (folder / "zone").write_text(ZONE)
    (folder / "unbound.conf").write_text(UNBOUND.format(folder=folder, prefix=PREFIX))
    (folder / "tayga.conf").write_text(TAYGA.format(folder=folder))
    with ExitStack() as stack:
        near, router, far = (stack.enter_context(namespace()) for _ in range(3))
        near.ip(f"link add cable type veth peer name near netns {router.name}")
        far.ip(f"link add cable type veth peer name far netns {router.name}")
        router.sysctl("net.ipv4.ip_forward", "1")
        router.sysctl("net.ipv6.conf.all.forwarding", "1")
        tap.node()
        router.run("tayga", "--config", str(folder / "tayga.conf"), "--mktun")
        for side, device, address in (
            (near, "cable", "2001:db8:1::2/64 nodad"),
            (router, "near", "2001:db8:1::1/64 nodad"),
            (router, "far", "198.18.2.1/24"),
            (far, "cable", f"{SERVER}/24"),
        ):
            side.ip(f"addr add {address.split()[0]} dev {device} {' '.join(address.split()[1:])}")
            side.ip(f"link set {device} up")
        router.ip("link set nat64 up")
        router.ip(f"route add {PREFIX} dev nat64")
        router.ip(f"route add {POOL} dev nat64")
        near.ip("route add default via 2001:db8:1::1")
        far.ip("route add default via 198.18.2.1")
        for program in (
            ["tayga", "--nodetach", "--config", str(folder / "tayga.conf")],
            ["unbound", "-d", "-c", str(folder / "unbound.conf")],
        ):
            stack.enter_context(_running(router, program, folder))
        stack.enter_context(asking(near, "2001:db8:1::1"))
        until(lambda: _translated(near), 15, lambda: "no DNS64")
        yield near, far


def _translated(near: Namespace) -> bool:
    try:
        return "2001:db8:64:" in near.run("getent", "ahostsv6", "controller.example")
    except AssertionError:
        return False


@contextmanager
def _running(where: Namespace, program: list[str], folder: Path) -> Iterator[None]:
    with (folder / f"{program[0]}.log").open("wb") as out:
        child = subprocess.Popen(
            ["ip", "netns", "exec", where.name, *program], stdout=out, stderr=out
        )
    try:
        yield
    finally:
        child.terminate()
        child.wait(10)
