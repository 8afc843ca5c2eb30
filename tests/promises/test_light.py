"""The agent is light: what it imports, and what it weighs."""

import subprocess
import sys
from pathlib import Path

import psutil

from tests.running import AgentProcess, ControllerProcess, until

HEAVY = {
    "alembic",
    "apsw",
    "argon2",
    "asn1crypto",
    "cyclopts",
    "dns",
    "httpx",
    "joserfc",
    "litestar",
    "pyasn1",
    "pysnmp",
    "rich",
    "sqlalchemy",
    "sqlite3",
    "uvicorn",
    "zstandard",
}
ALL_THAT_IS_ON = (
    "import sys, importlib, forepost.agent.__main__\n"
    "from forepost.agent.settings import Settings\n"
    "from forepost.agent.slices import SLICES\n"
    "[importlib.import_module(one.module) for one in SLICES if one.is_on(Settings())]\n"
    "0"
)
"""An agent of which nothing is set imports this."""
NOT_OF_A_METER = HEAVY | {"_lib_engine", "asyncio", "http", "psutil", "ssl", "websockets"}
IDLE_MIB = 45
SETTLE_SEC = 5.0


def test_the_agent_imports_nothing_heavy() -> None:
    code = f"{ALL_THAT_IS_ON}; print(*{{m.split('.')[0] for m in sys.modules}})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "forepost" in found.stdout
    assert HEAVY.isdisjoint(found.stdout.split())


def test_what_is_switched_off_is_not_imported() -> None:
    code = f"{ALL_THAT_IS_ON}; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = found.stdout.split()
    assert "forepost.agent.probes.schedule" in modules
    assert not [name for name in modules if name.startswith("forepost.agent.flows")]
    assert {"_lib_engine", "aiodocker", "aiohttp", "cryptography", "paho"}.isdisjoint(modules)


def test_a_meter_imports_what_it_needs() -> None:
    code = (
        "import sys, forepost.agent.meter.__main__; print(*{m.split('.')[0] for m in sys.modules})"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert NOT_OF_A_METER.isdisjoint(found.stdout.split())


def test_an_idle_agent_stays_within_its_memory_budget(tmp_path: Path) -> None:
    """Connected, with its own host to report on and a PING a second: resident set, in MiB."""
    controller = ControllerProcess(tmp_path / "controller").start()
    try:
        person = controller.person()
        agent = person.agent(person.workspace("w"))
        probe = person.probe(agent, type="PING", targets=["127.0.0.1"], interval_sec=1, count=1)
        process = AgentProcess(tmp_path / "agent", controller.url, agent)
        process.anew = True  # a fork has what others read
        process.start()
        try:
            until(
                lambda: len(person.results(agent, probe)) > SETTLE_SEC, 15, lambda: process.output
            )
            resident = psutil.Process(process.pid).memory_info().rss / 2**20
        finally:
            process.end()
    finally:
        controller.end()
    assert resident <= IDLE_MIB, f"{resident:.1f} MiB"
