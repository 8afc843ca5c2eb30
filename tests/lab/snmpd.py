"""A real SNMP agent of a test's own, on loopback. Debian: `apt-get install snmpd`."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.free_ports import free_port

CONFIG = """
agentaddress udp:127.0.0.1:{port},udp6:[::1]:{port},tcp:127.0.0.1:{port}
rocommunity secret
rocommunity6 secret
sysLocation a shelf
sysContact somebody
sysName lab
createUser shaaes SHA "authpass1" AES "privpass1"
createUser md5des MD5 "authpass1" DES "privpass1"
createUser sha256 SHA-256 "authpass1" AES-256 "privpass1"
createUser sha512 SHA-512 "authpass1" AES-192 "privpass1"
rouser shaaes noauth
rouser md5des noauth
rouser sha256 noauth
rouser sha512 noauth
"""
READY = "NET-SNMP version"


@contextmanager
def running(folder: Path) -> Iterator[int]:
    """The port."""
    program = shutil.which("snmpd", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "snmpd is not installed"
    port = free_port()
    config = folder / "snmpd.conf"
    config.write_text(CONFIG.format(port=port))
    log = folder / "snmpd.log"
    with log.open("wb") as out:
        child = subprocess.Popen(
            [program, "-f", "-Lo", "-C", "-c", config, "-I", "-smux"],
            stdout=out,
            stderr=out,
            env={**os.environ, "SNMP_PERSISTENT_DIR": str(folder), "MIBS": ""},
        )
    try:
        deadline = time.monotonic() + 10
        while READY not in log.read_text():
            assert time.monotonic() < deadline, log.read_text()
            assert child.poll() is None, log.read_text()
            time.sleep(0.02)
        yield port
    finally:
        child.terminate()
        child.wait(10)
