"""BIND of a test's own on loopback: one zone that it signs itself, and one that it does not.

Debian: `apt-get install bind9`. It asks nobody.
"""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.exception
import dns.message
import dns.query

from tests.free_ports import free_port
from tests.running import until

CONFIG = """
options {{
  directory "{folder}";
  pid-file none;
  session-keyfile none;
  listen-on port {port} {{ 127.0.0.1; }};
  listen-on-v6 port {port} {{ ::1; }};
  recursion no;
  version "a test's own";
  dnssec-validation no;
  managed-keys-directory "{folder}";
}};
controls {{ }};
zone "signed.example" {{
  type primary;
  file "{folder}/signed.zone";
  dnssec-policy default;
  inline-signing yes;
}};
zone "plain.example" {{ type primary; file "{folder}/plain.zone"; }};
"""
ZONE = """
$TTL 300
@ SOA ns hostmaster 1 3600 600 86400 300
@ NS ns
ns A 198.18.0.1
host A 198.18.0.7
host A 198.18.0.8
host AAAA 2001:db8::7
alias CNAME host
@ MX 10 Mail
@ TXT "v=spf1 ip4:198.18.0.0/15 " "-all"
odd TXT "a\\255b" "say \\"x\\""
"""


class Named:
    def __init__(self, port: int) -> None:
        self.port = port

    def trust_anchor(self) -> str:
        """Return the key that signs the keys of signed.example, as a zone file has it."""
        return next(line for line in self._keys() if " DNSKEY 257 " in line)

    def is_signed(self) -> bool:
        found = self._keys()
        return any(" DNSKEY 257 " in line for line in found) and any(
            "RRSIG" in one for one in found
        )

    def _keys(self) -> list[str]:
        query = dns.message.make_query("signed.example", "DNSKEY", want_dnssec=True)
        try:
            answer = dns.query.tcp(query, "127.0.0.1", port=self.port, timeout=1)
        except (OSError, dns.exception.DNSException):
            return []
        return [line for rrset in answer.answer for line in rrset.to_text().splitlines()]


@contextmanager
def running(folder: Path) -> Iterator[Named]:
    program = shutil.which("named") or shutil.which("named", path="/usr/sbin")
    assert program, "bind9 is not installed"
    named = Named(free_port())
    for zone in ("signed", "plain"):
        (folder / f"{zone}.zone").write_text(ZONE)
    config = folder / "named.conf"
    config.write_text(CONFIG.format(folder=folder, port=named.port))
    log = folder / "named.log"
    with log.open("wb") as out:
        child = subprocess.Popen([program, "-g", "-n", "1", "-c", config], stdout=out, stderr=out)
    try:
        until(lambda: _listens(named.port) and named.is_signed(), 20, log.read_text)
        yield named
    finally:
        child.terminate()
        child.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
